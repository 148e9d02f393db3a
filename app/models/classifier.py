"""Classifiers of texts and of tokens."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.config.settings import ModelSettings
from app.models import onnx, pytorch
from app.models.device import Device
from app.models.encoding import Encoder, FloatArray, Forward
from app.models.model_dir import ModelDir
from app.models.model_info import ModelInfo
from app.models.resolve import find

_UNNAMED: Final = re.compile(r"LABEL_\d+")


class ClassifierKind(IntEnum):
    """The classified unit; the value is the number of axes of the logits."""

    TEXTS = 2
    TOKENS = 3


_AUTO: Final = {
    ClassifierKind.TEXTS: "AutoModelForSequenceClassification",
    ClassifierKind.TOKENS: "AutoModelForTokenClassification",
}


@dataclass(frozen=True)
class Classifier:
    """A model that maps rows of token ids to logits, in ONNX Runtime or torch."""

    info: ModelInfo
    encoder: Encoder
    forward: Forward
    labels: tuple[str, ...]
    kind: ClassifierKind

    @classmethod
    def load(
        cls, kind: ClassifierKind, stage: str, settings: ModelSettings, device: Device
    ) -> "Classifier":
        """Load the model named in the settings, and validate it with one inference.

        Raises:
            ModelError: it cannot be loaded, is of another kind, or does not name its classes.
        """
        model_dir = find(stage, settings)
        load = _onnx if model_dir.is_onnx else _torch
        return _validated(load(model_dir, kind, device), model_dir)

    def __call__(self, rows: Sequence[Sequence[int]]) -> list[FloatArray]:
        """The logits of each row: shape (classes,) for texts, (tokens, classes) for tokens."""
        logits = self.forward(*self.encoder.arrays(rows))
        if self.kind is ClassifierKind.TEXTS:
            return list(logits)
        first = len(self.encoder.prefix)
        return [scores[first : first + len(row)] for scores, row in zip(logits, rows, strict=True)]


def _validated(classifier: Classifier, model_dir: ModelDir) -> Classifier:
    if not classifier.labels or any(map(_UNNAMED.fullmatch, classifier.labels)):
        raise model_dir.error(
            f"id2label in {model_dir.path / 'config.json'} does not name the classes"
        )
    try:
        shape = classifier.forward(*classifier.encoder.arrays([[classifier.encoder.pad]])).shape
    except Exception as error:
        raise model_dir.error(f"the trial run failed: {error}") from error
    if len(shape) != classifier.kind or shape[-1] != len(classifier.labels):
        raise model_dir.error(
            f"its logits have the shape {shape}; {classifier.kind.value} axes are needed, "
            f"the last of them with the {len(classifier.labels)} classes of id2label"
        )
    return classifier


def _onnx(model_dir: ModelDir, kind: ClassifierKind, device: Device) -> Classifier:
    run = onnx.forward(model_dir, device.threads)
    encoder = Encoder.of(model_dir, model_dir.tokenizer(), tokens=device.tokens)
    return Classifier(model_dir.info("onnx", "cpu", "int8"), encoder, run, model_dir.labels, kind)


def _torch(model_dir: ModelDir, kind: ClassifierKind, device: Device) -> Classifier:
    run, placement = pytorch.forward(model_dir, _AUTO[kind], device)
    encoder = Encoder.of(model_dir, pytorch.tokenizer(model_dir), tokens=device.tokens)
    info = model_dir.info("torch", placement.device, placement.dtype)
    return Classifier(info, encoder, run, model_dir.labels, kind)


def softmax(logits: FloatArray) -> NDArray[np.float64]:
    """Probabilities along the last axis."""
    wide = logits.astype(np.float64)
    powers = np.exp(wide - wide.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))
