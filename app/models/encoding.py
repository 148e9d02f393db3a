"""Tokenised text as the input arrays of a network."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from app.models.model_dir import ModelDir
from app.models.token_count import TokenCount

IntArray: TypeAlias = NDArray[np.int64]
FloatArray: TypeAlias = NDArray[np.float32]
Forward: TypeAlias = Callable[[IntArray, IntArray], FloatArray]
"""Maps `input_ids` and `attention_mask` to logits, in ONNX Runtime or torch."""
_SAMPLE: Final = 2000  # characters
_MOST: Final = 0.5
_UNKNOWN: Final = "<unk>"  # of tokenizers that do not name it


@dataclass(frozen=True)
class Encoder:
    """A tokenizer, with the special tokens around each text and the padding id.

    The tokenizer's own padding and truncation stay off, because threads share it.
    """

    tokenizer: Tokenizer
    prefix: tuple[int, ...]
    suffix: tuple[int, ...]
    pad: int
    window: int
    tokens: TokenCount | None = None
    """counts what is encoded"""

    @classmethod
    def of(
        cls,
        model_dir: ModelDir,
        tokenizer: Tokenizer,
        instruction: str = "",
        tokens: TokenCount | None = None,
    ) -> "Encoder":
        """The encoder of the model in a folder; `instruction` precedes every text.

        Raises:
            ModelError: the window has no room for a text.
        """
        tokenizer.no_padding()
        tokenizer.no_truncation()
        prefix, suffix = _frame(tokenizer)
        extra = tokenizer.encode(instruction, add_special_tokens=False).ids if instruction else []
        pad = model_dir.config.get("pad_token_id") or 0
        encoder = cls(tokenizer, (*prefix, *extra), suffix, pad, model_dir.window, tokens)
        if encoder.room < 1:
            raise model_dir.error(f"a window of {encoder.window} tokens has no room for a text")
        return encoder

    @property
    def room(self) -> int:
        """The tokens of text that fit in the window."""
        return self.window - len(self.prefix) - len(self.suffix)

    def reads_script(self, text: str) -> bool:
        """Whether most letters of a text are in known tokens of several letters.

        A vocabulary has single letters of many scripts that its model has hardly seen. The embedded
        model's tokens of several letters have 64 to 100 % of the letters of a text in 51 languages
        in Latin letters, and at most 25 % in 37 languages in other ones.
        """
        sample = text[:_SAMPLE]
        encoding = self.tokenizer.encode(sample, add_special_tokens=False)
        unknown = getattr(self.tokenizer.model, "unk_token", None) or _UNKNOWN
        pieces = zip(encoding.tokens, encoding.offsets, strict=True)
        known = (_letters(sample[slice(*at)]) for token, at in pieces if token != unknown)
        return sum(count for count in known if count > 1) >= _MOST * _letters(sample)

    def arrays(self, rows: Sequence[Sequence[int]]) -> tuple[IntArray, IntArray]:
        """`input_ids` and `attention_mask` of rows of tokens, shape (rows, longest row), padded."""
        framed = [(*self.prefix, *row, *self.suffix) for row in rows]
        shape = len(framed), max(map(len, framed))
        ids = np.full(shape, self.pad, np.int64)
        mask = np.zeros(shape, np.int64)
        for at, row in enumerate(framed):
            ids[at, : len(row)] = row
            mask[at, : len(row)] = 1
        if self.tokens:
            read = sum(map(len, framed))
            self.tokens.add(read, ids.size - read)
        return ids, mask


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text))


def _frame(tokenizer: Tokenizer) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The special tokens before and after every text."""
    bare = tokenizer.encode("a", add_special_tokens=False).ids
    full = tokenizer.encode("a").ids
    starts = range(len(full) - len(bare) + 1)
    at = next((at for at in starts if full[at : at + len(bare)] == bare), 0)
    return tuple(full[:at]), tuple(full[at + len(bare) :])
