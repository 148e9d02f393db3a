"""From text to the arrays that a network takes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from app.models.model_dir import ModelDir

IntArray: TypeAlias = NDArray[np.int64]
FloatArray: TypeAlias = NDArray[np.float32]
Forward: TypeAlias = Callable[[IntArray, IntArray], FloatArray]
"""`input_ids` and `attention_mask` in, logits out: all that ONNX Runtime and torch differ in."""


@dataclass(frozen=True)
class Encoder:
    """A tokenizer, and how its tokens are framed and padded.

    Padding and truncation of the tokenizer itself stay off: it is shared by threads.
    """

    tokenizer: Tokenizer
    prefix: tuple[int, ...]
    suffix: tuple[int, ...]
    pad: int
    window: int

    @classmethod
    def of(cls, model_dir: ModelDir, tokenizer: Tokenizer, instruction: str = "") -> "Encoder":
        """A reader for the model in a folder; `instruction` is put before every text.

        Raises:
            ModelError: the window has no room for a text.
        """
        tokenizer.no_padding()
        tokenizer.no_truncation()
        prefix, suffix = _frame(tokenizer)
        told = tokenizer.encode(instruction, add_special_tokens=False).ids if instruction else []
        pad = model_dir.config.get("pad_token_id") or 0
        encoder = cls(tokenizer, (*prefix, *told), suffix, pad, model_dir.window)
        if encoder.room < 1:
            raise model_dir.error(f"a window of {encoder.window} tokens has no room for a text")
        return encoder

    @property
    def room(self) -> int:
        """Tokens of text that fit in the window."""
        return self.window - len(self.prefix) - len(self.suffix)

    def arrays(self, rows: Sequence[Sequence[int]]) -> tuple[IntArray, IntArray]:
        """`input_ids` and `attention_mask` of some rows of tokens, framed and padded."""
        framed = [(*self.prefix, *row, *self.suffix) for row in rows]
        shape = len(framed), max(map(len, framed))
        ids = np.full(shape, self.pad, np.int64)
        mask = np.zeros(shape, np.int64)
        for at, row in enumerate(framed):
            ids[at, : len(row)] = row
            mask[at, : len(row)] = 1
        return ids, mask


def _frame(tokenizer: Tokenizer) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The special tokens that stand before and after every text."""
    bare = tokenizer.encode("a", add_special_tokens=False).ids
    full = tokenizer.encode("a").ids
    starts = range(len(full) - len(bare) + 1)
    at = next((at for at in starts if full[at : at + len(bare)] == bare), 0)
    return tuple(full[:at]), tuple(full[at + len(bare) :])
