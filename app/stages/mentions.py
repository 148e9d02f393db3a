"""From a tagger's logits for each token to the mentions of names in an article."""

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.models.classifier import softmax
from app.models.encoding import FloatArray
from app.stages.windows import Tokens

_PREFIX: Final = re.compile(r"([BIELSU])[-_](.+)")
_BEGINS: Final = frozenset("BSU")
_OUTSIDE: Final = frozenset({"O", "OUT", "OUTSIDE", "NONE"})
_SHORT: Final = 4
_LONG: Final = 24


class Mention(NamedTuple):
    """One occurrence of a name: offsets in the article, type and score."""

    start: int
    end: int
    type: str
    score: float


class _Word(NamedTuple):
    """A word with its predicted type, which is empty outside names."""

    start: int
    end: int
    type: str
    begins: bool
    score: float


@dataclass(frozen=True)
class Scheme:
    """Decodes a tagger's labels: BIO, IOB1, BILOU, or types without prefixes."""

    labels: tuple[str, ...]

    @cached_property
    def types(self) -> tuple[str, ...]:
        """The types of names in the order of the labels; the first, empty, is for other words."""
        return tuple(dict.fromkeys(["", *(_type(label) for label in self.labels)]))

    @cached_property
    def _sum(self) -> NDArray[np.float64]:
        """A (labels, types) matrix that sums the labels of each type."""
        owner = np.array([self.types.index(_type(label)) for label in self.labels])
        return np.asarray(owner[:, None] == np.arange(len(self.types)), np.float64)

    @cached_property
    def _starts(self) -> NDArray[np.float64]:
        """The same matrix: +1 for a label that begins a name, -1 for one that continues it."""
        signs = [_sign(label) for label in self.labels]
        return np.asarray(self._sum * np.array(signs)[:, None])

    def words(self, tokens: Tokens, logits: FloatArray) -> Iterator[_Word]:
        """The words of a window. A word's tokens vote on its type; the first decides B or I."""
        if not tokens.ids:
            return
        shares = softmax(logits)
        first = np.flatnonzero(tokens.begins)
        counts = np.diff([*first, len(tokens)])
        votes = np.add.reduceat(shares @ self._sum, first) / counts[:, None]
        starts = shares[first] @ self._starts
        kinds = votes.argmax(axis=1)
        own = np.arange(len(kinds)), kinds
        offsets = np.array(tokens.offsets)
        yield from map(
            _Word,
            offsets[first, 0].tolist(),
            np.maximum.reduceat(offsets[:, 1], first).tolist(),
            map(self.types.__getitem__, kinds.tolist()),
            (starts[own] > 0).tolist(),
            votes[own].tolist(),
        )


def _type(label: str) -> str:
    match = _PREFIX.fullmatch(label)
    return match[2] if match else "" if label.upper() in _OUTSIDE else label


def _sign(label: str) -> float:
    match = _PREFIX.fullmatch(label)
    return 0 if match is None else 1 if match[1] in _BEGINS else -1


def mentions(text: str, words: Iterable[_Word], starts: Container[int] = ()) -> Iterator[Mention]:
    """Runs of words that form a name; `starts` are the offsets where sentences start."""
    run: list[_Word] = []
    for word in words:
        if run and not _continues(text, run[-1], word, starts):
            yield _mention(run)
            run = []
        if word.type:
            run.append(word)
    if run:
        yield _mention(run)


def _continues(text: str, before: _Word, word: _Word, starts: Container[int]) -> bool:
    """Whether two words belong to one name: a line break ends it, a sentence, and B after a space.

    A sentence does not end after a short word: it may be an abbreviation.
    """
    gap = text[before.end : word.start]
    if word.type != before.type or "\n" in gap or (word.begins and gap):
        return False
    if word.start not in starts:
        return True
    *_, last = ["", *text[max(0, word.start - _LONG) : word.start].split()]
    return len(last.strip(".")) < _SHORT


def _mention(run: Sequence[_Word]) -> Mention:
    score = sum(word.score for word in run) / len(run)
    return Mention(run[0].start, run[-1].end, run[0].type, score)
