"""From an article's sentences to what a model's window holds. Each sentence is tokenised once."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias, TypeVar

from tokenizers import Tokenizer

from app.core.text import Span, sentences
from app.models.encoding import Encoder
from app.stages.token_batches import group_by_length

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
Row: TypeAlias = Sequence[int]


class Runner(Protocol[R_co]):
    """A model: rows of tokens in, one result for each out."""

    @property
    def encoder(self) -> Encoder:
        """How it takes its tokens."""

    def __call__(self, rows: Sequence[Row]) -> Sequence[R_co]:
        """One result for each row."""


_RUN: Final = r"\w[\w\u0300-\u036f]*"
_WORD: Final = re.compile(rf"(?:\w\.){{2,}}|{_RUN}(?:\.{_RUN})*|[^\w\s]")
_ACROSS: Final = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens that follow one another in an article; `end` is how far into it they reach.

    `offsets` are places in the article. `begins` says of each token whether it begins a word:
    words are letters and digits (U.S. and 3.5 are one), or one sign, whatever the tokenizer takes
    for a word.
    """

    end: int = 0
    ids: list[int] = field(default_factory=list)
    offsets: list[tuple[int, int]] = field(default_factory=list)
    begins: list[bool] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.ids)

    def then(self, other: "Tokens") -> "Tokens":
        """These, followed by others."""
        return Tokens(
            other.end,
            self.ids + other.ids,
            self.offsets + other.offsets,
            self.begins + other.begins,
        )

    def split(self, room: int) -> tuple["Tokens", "Tokens"]:
        """The first `room` tokens or fewer, so that no word is cut, and the rest."""
        at = next((at for at in range(room, 0, -1) if self.begins[at]), room)
        return (
            Tokens(self.offsets[at - 1][1], self.ids[:at], self.offsets[:at], self.begins[:at]),
            Tokens(self.end, self.ids[at:], self.offsets[at:], self.begins[at:]),
        )


def tokenise(tokenizer: Tokenizer, sentence: Span) -> Tokens:
    """A sentence's tokens.

    Inside an article, a space goes before it: some vocabularies tell " The" from "The".
    """
    inside = sentence.start > 0
    text = f" {sentence.text}" if inside else sentence.text
    shift = sentence.start - inside
    words = [match.start() for match in _WORD.finditer(text)]
    encoding = tokenizer.encode(text, add_special_tokens=False)
    offsets = [_trimmed(text, *offset) for offset in encoding.offsets]
    owners = [bisect_right(words, start) for start, _ in offsets]
    return Tokens(
        sentence.end,
        encoding.ids,
        [(start + shift, end + shift) for start, end in offsets],
        [owner != before for before, owner in zip([-1, *owners], owners, strict=False)],
    )


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """A token's place without the space that some tokenizers count in."""
    space = _ACROSS.match(text, start, end)
    return (space.end() if space else start), end


def pack(parts: Iterable[Tokens], room: int) -> Iterator[Tokens]:
    """Windows of whole sentences, `room` tokens long at most; a longer sentence is split."""
    window = Tokens()
    for part in parts:
        rest = part
        if window.ids and len(window) + len(rest) > room:
            yield window
            window = Tokens()
        while len(rest) > room:
            head, rest = rest.split(room)
            yield head
        window = window.then(rest)
    if window.ids:
        yield window


def beginning(tokenizer: Tokenizer, text: str, language: str, room: int) -> Tokens:
    """The whole sentences at a text's beginning that fit; of a first that does not, what does."""
    parts = (tokenise(tokenizer, sentence) for sentence in sentences(text, language))
    return next(pack(parts, room), Tokens())


def in_groups(rows: Sequence[Row], budget: int, run: Runner[R]) -> list[R]:
    """What a model gives for each row, asked with rows of like length, `budget` tokens at once."""
    frame = run.encoder.window - run.encoder.room
    results: dict[int, R] = {}
    for group in group_by_length([len(row) + frame for row in rows], budget):
        results.update(zip(group, run([rows[index] for index in group]), strict=True))
    return [results[index] for index in range(len(rows))]
