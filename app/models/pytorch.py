"""Running a model with torch and transformers: the optional extra `hub`.

Both are imported inside functions only, so that an installation without them can run the rest.
"""

from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from tokenizers import Tokenizer

from app.core.errors import ModelError
from app.models.device import Device
from app.models.encoding import FloatArray, Forward, IntArray
from app.models.model_dir import ModelDir

_VOCABULARIES: Final = ("vocab.*", "*.model")

Module: TypeAlias = Any  # torch.nn.Module, where torch need not be installed


class Libraries(NamedTuple):
    """The two modules."""

    torch: Any
    transformers: Any


class Place(NamedTuple):
    """Where a model's weights go, as what, and which share of that GPU's memory it may take."""

    device: str
    dtype: str
    share: float | None = None


def libraries(stage: str, model: str) -> Libraries:
    """Torch and transformers.

    Raises:
        ModelError: they are not installed.
    """
    try:
        import torch  # noqa: PLC0415  (the extra `hub`)
        import transformers  # noqa: PLC0415  (likewise)
    except ImportError as error:
        raise ModelError(
            f"{stage}: model {model!r} needs {error.name or 'torch'}, which is not installed: "
            "pip install 'wiki-digest[hub]'"
        ) from error
    return Libraries(torch, transformers)


def choose(device: Device, *, bf16: bool) -> Place:
    """What to do with what the replica was given; a GPU that was not given is not looked at."""
    if device.gpus <= 0:
        return Place("cpu", "float32")
    share = device.gpus if device.gpus < 1 else None
    return Place("cuda:0", "bfloat16" if bf16 else "float16", share)


def settle(torch: Any, device: Device) -> Place:
    """Choose the place, and keep this process inside its threads and its share of the memory."""
    given_gpu = device.gpus > 0
    bf16 = given_gpu and torch.cuda.is_bf16_supported(including_emulation=False)
    place = choose(device, bf16=bf16)
    torch.set_num_threads(device.threads)
    if place.share is not None:
        torch.cuda.set_per_process_memory_fraction(place.share, 0)
    return place


def load(model_dir: ModelDir, auto: str, device: Device) -> tuple[Module, Place]:
    """A model by the name of transformers' `auto` class, in its place.

    Raises:
        ModelError: a file is missing, or the model is of another kind, or the place is not there.
    """
    torch, transformers = libraries(model_dir.stage, model_dir.model)
    if not model_dir.weights:
        raise model_dir.error(f"model.safetensors is missing in {model_dir.path}")
    transformers.utils.logging.disable_progress_bar()
    try:
        place = settle(torch, device)
        model, info = getattr(transformers, auto).from_pretrained(
            model_dir.path,
            local_files_only=True,
            dtype=getattr(torch, place.dtype),
            output_loading_info=True,
        )
        model.to(place.device).eval()
    except Exception as error:
        raise model_dir.error(f"{auto} cannot load {model_dir.path}: {error}") from error
    if info["missing_keys"] or info["mismatched_keys"]:
        raise model_dir.error(f"it was not trained as {auto}: its weights lack a part")
    return model, place


def forward(model_dir: ModelDir, auto: str, device: Device) -> tuple[Forward, Place]:
    """A model's logits as a function of arrays."""
    torch, _ = libraries(model_dir.stage, model_dir.model)
    model, place = load(model_dir, auto, device)

    def run(ids: IntArray, mask: IntArray) -> FloatArray:
        with torch.inference_mode():
            where = place.device
            feed = torch.from_numpy(ids).to(where), torch.from_numpy(mask).to(where)
            logits = model(input_ids=feed[0], attention_mask=feed[1]).logits
            return np.asarray(logits.float().cpu().numpy())

    return run, place


def tokenizer(model_dir: ModelDir) -> Tokenizer:
    """The tokenizer of tokenizer.json, or what transformers makes of the older files.

    The file comes first: AutoTokenizer would rebuild the normalizer of a BERT tokenizer, and drop
    the case marks of ours.
    """
    if (model_dir.path / "tokenizer.json").is_file():
        return model_dir.tokenizer()
    if not any(True for pattern in _VOCABULARIES for _ in model_dir.path.glob(pattern)):
        # Transformers would make a tokenizer of nothing, which takes every word for unknown.
        raise model_dir.error(f"tokenizer.json is missing in {model_dir.path}")
    _, transformers = libraries(model_dir.stage, model_dir.model)
    try:
        auto = transformers.AutoTokenizer.from_pretrained(model_dir.path, local_files_only=True)
        backend = auto.backend_tokenizer
    except Exception as error:
        raise model_dir.error(f"no tokenizer can be made from {model_dir.path}: {error}") from error
    if not isinstance(backend, Tokenizer):
        raise model_dir.error(
            f"its tokenizer is not a fast one; put a tokenizer.json in {model_dir.path}"
        )
    return backend
