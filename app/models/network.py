"""A loaded classifier, of texts or of tokens."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.models import onnx, pytorch
from app.models.about import About
from app.models.device import Device
from app.models.folder import Folder
from app.models.loading import find
from app.models.reader import FloatArray, Forward, Reader
from app.settings import Model

_UNNAMED: Final = re.compile(r"LABEL_\d+")


class Kind(IntEnum):
    """What is classified; the value is the number of axes of the logits."""

    TEXTS = 2
    TOKENS = 3


_AUTO: Final = {
    Kind.TEXTS: "AutoModelForSequenceClassification",
    Kind.TOKENS: "AutoModelForTokenClassification",
}


@dataclass(frozen=True)
class Network:
    """Rows of tokens in, logits for each out: whichever library runs the model."""

    about: About
    reader: Reader
    forward: Forward
    labels: tuple[str, ...]
    kind: Kind

    @classmethod
    def load(cls, kind: Kind, stage: str, model: Model, device: Device) -> "Network":
        """The model that the settings name, tried out once.

        Raises:
            ModelError: it cannot be loaded, or is of another kind, or does not name its classes.
        """
        folder = find(stage, model)
        load = _onnx if folder.is_onnx else _torch
        return _tried_out(load(folder, kind, device), folder)

    def __call__(self, rows: Sequence[Sequence[int]]) -> list[FloatArray]:
        """The logits of each row: one line for a text, or one for each of its tokens."""
        logits = self.forward(*self.reader.arrays(rows))
        if self.kind is Kind.TEXTS:
            return list(logits)
        first = len(self.reader.prefix)
        return [lines[first : first + len(row)] for lines, row in zip(logits, rows, strict=True)]


def _tried_out(network: Network, folder: Folder) -> Network:
    if not network.labels or any(map(_UNNAMED.fullmatch, network.labels)):
        raise folder.error(f"id2label in {folder.path / 'config.json'} does not name the classes")
    try:
        shape = network.forward(*network.reader.arrays([[network.reader.pad]])).shape
    except Exception as error:
        raise folder.error(f"it cannot be run: {error}") from error
    if len(shape) != network.kind or shape[-1] != len(network.labels):
        raise folder.error(
            f"it gives logits of shape {shape}; {network.kind.value} axes are needed, "
            f"the last for the {len(network.labels)} classes of id2label"
        )
    return network


def _onnx(folder: Folder, kind: Kind, device: Device) -> Network:
    run = onnx.forward(folder, device.threads)
    reader = Reader.of(folder, folder.tokenizer())
    return Network(folder.about("onnx", "cpu", "int8"), reader, run, folder.labels, kind)


def _torch(folder: Folder, kind: Kind, device: Device) -> Network:
    run, place = pytorch.forward(folder, _AUTO[kind], device)
    reader = Reader.of(folder, pytorch.tokenizer(folder))
    about = folder.about("torch", place.device, place.dtype)
    return Network(about, reader, run, folder.labels, kind)


def softmax(logits: FloatArray) -> NDArray[np.float64]:
    """Probabilities along the last axis."""
    wide = logits.astype(np.float64)
    powers = np.exp(wide - wide.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))
