"""A loaded classifier, of texts or of tokens."""

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
    """What is classified; the value is the number of axes of the logits."""

    TEXTS = 2
    TOKENS = 3


_AUTO: Final = {
    ClassifierKind.TEXTS: "AutoModelForSequenceClassification",
    ClassifierKind.TOKENS: "AutoModelForTokenClassification",
}


@dataclass(frozen=True)
class Classifier:
    """Rows of tokens in, logits for each out: whichever library runs the model."""

    info: ModelInfo
    encoder: Encoder
    forward: Forward
    labels: tuple[str, ...]
    kind: ClassifierKind

    @classmethod
    def load(
        cls, kind: ClassifierKind, stage: str, model: ModelSettings, device: Device
    ) -> "Classifier":
        """The model that the settings name, tried out once.

        Raises:
            ModelError: it cannot be loaded, or is of another kind, or does not name its classes.
        """
        model_dir = find(stage, model)
        load = _onnx if model_dir.is_onnx else _torch
        return _tried_out(load(model_dir, kind, device), model_dir)

    def __call__(self, rows: Sequence[Sequence[int]]) -> list[FloatArray]:
        """The logits of each row: one line for a text, or one for each of its tokens."""
        logits = self.forward(*self.encoder.arrays(rows))
        if self.kind is ClassifierKind.TEXTS:
            return list(logits)
        first = len(self.encoder.prefix)
        return [lines[first : first + len(row)] for lines, row in zip(logits, rows, strict=True)]


def _tried_out(classifier: Classifier, model_dir: ModelDir) -> Classifier:
    if not classifier.labels or any(map(_UNNAMED.fullmatch, classifier.labels)):
        raise model_dir.error(
            f"id2label in {model_dir.path / 'config.json'} does not name the classes"
        )
    try:
        shape = classifier.forward(*classifier.encoder.arrays([[classifier.encoder.pad]])).shape
    except Exception as error:
        raise model_dir.error(f"it cannot be run: {error}") from error
    if len(shape) != classifier.kind or shape[-1] != len(classifier.labels):
        raise model_dir.error(
            f"it gives logits of shape {shape}; {classifier.kind.value} axes are needed, "
            f"the last for the {len(classifier.labels)} classes of id2label"
        )
    return classifier


def _onnx(model_dir: ModelDir, kind: ClassifierKind, device: Device) -> Classifier:
    run = onnx.forward(model_dir, device.threads)
    encoder = Encoder.of(model_dir, model_dir.tokenizer())
    return Classifier(model_dir.info("onnx", "cpu", "int8"), encoder, run, model_dir.labels, kind)


def _torch(model_dir: ModelDir, kind: ClassifierKind, device: Device) -> Classifier:
    run, place = pytorch.forward(model_dir, _AUTO[kind], device)
    encoder = Encoder.of(model_dir, pytorch.tokenizer(model_dir))
    info = model_dir.info("torch", place.device, place.dtype)
    return Classifier(info, encoder, run, model_dir.labels, kind)


def softmax(logits: FloatArray) -> NDArray[np.float64]:
    """Probabilities along the last axis."""
    wide = logits.astype(np.float64)
    powers = np.exp(wide - wide.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))
