"""An extractive summarizer in numpy: no weights, no download, about a millisecond an article."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

DIVERSITY: Final = 0.3  # MMR 0.7: so much of a choice is not to repeat what is chosen already
REPEATED: Final = 0.99  # a cosine from which a sentence says the same again
_WORD: Final = re.compile(r"\w+")
_NOTHING: Final = 1e-12  # what is shorter has no direction

Floats = NDArray[np.float64]
Counts = NDArray[np.intp]


@dataclass(frozen=True)
class Rows:
    """One sparse vector a sentence: entries as (row, column, weight), rows of unit length."""

    row: Counts
    column: Counts
    weight: Floats
    shape: tuple[int, int]

    @classmethod
    def of(cls, row: Counts, column: Counts, weight: Floats, shape: tuple[int, int]) -> "Rows":
        """Scale each row to unit length; a row without entries stays empty."""
        length = np.sqrt(_sums(row, weight**2, shape[0]))
        return cls(row, column, weight / np.maximum(length, _NOTHING)[row], shape)

    def dot(self, vector: Floats) -> Floats:
        """Each row times the vector."""
        return _sums(self.row, self.weight * vector[self.column], self.shape[0])

    def __getitem__(self, at: int) -> Floats:
        mine = self.row == at
        return _sums(self.column[mine], self.weight[mine], self.shape[1])

    def centroid(self) -> Floats:
        """The direction of the mean row."""
        mean = _sums(self.column, self.weight, self.shape[1])
        return mean / max(float(np.linalg.norm(mean)), _NOTHING)


def _sums(places: Counts, weights: Floats, size: int) -> Floats:
    """What comes together in each place; floats even where there is nothing to add."""
    return np.bincount(places, weights, size).astype(np.float64)


def words(sentences: Sequence[str]) -> Rows:
    """TF-IDF of words, rarity counted within the article itself."""
    bags = [Counter(_WORD.findall(sentence.lower())) for sentence in sentences]
    column = {word: at for at, word in enumerate(dict.fromkeys(w for bag in bags for w in bag))}
    entries = [(row, column[w], n) for row, bag in enumerate(bags) for w, n in bag.items()]
    rows, columns, counts = np.array(entries, np.intp).reshape(-1, 3).T
    documents = np.bincount(columns, minlength=len(column))
    rarity = np.log1p(len(sentences) / np.maximum(documents, 1))
    weights = (counts * rarity[columns]).astype(np.float64)
    return Rows.of(rows, columns, weights, (len(bags), len(column)))


class SentenceRanker:
    """Lead-biased centroid with MMR: what is central, early, and not said yet.

    A sentence's score is z(similarity to the article's centroid) + z(1 / sqrt(position)), put on a
    scale of 0 to 1; then sentences are chosen one by one, each paying for its likeness to those
    before it. On human summaries it is on par with the first three sentences
    (``training/summary.md``).
    """

    def __init__(
        self, sentences: int = 3, represent: Callable[[Sequence[str]], Rows] = words
    ) -> None:
        self.sentences = sentences
        self.represent = represent

    def choose(self, sentences: Sequence[str]) -> list[int]:
        """The indices of the chosen sentences, in reading order."""
        if len(sentences) <= self.sentences:
            return list(range(len(sentences)))
        rows = self.represent(sentences)
        worth = (1 - DIVERSITY) * _worth(rows)
        likeness = np.zeros(len(sentences))
        chosen: list[int] = []
        for _ in range(self.sentences):
            cost = DIVERSITY * likeness + (likeness > REPEATED)  # repeated: only if all else is
            chosen.append(int((worth - cost).argmax()))
            worth[chosen[-1]] = -np.inf
            likeness = np.maximum(likeness, rows.dot(rows[chosen[-1]]))
        return sorted(chosen)


def _worth(rows: Rows) -> Floats:
    early = 1 / np.sqrt(np.arange(1, rows.shape[0] + 1))
    score = _z(rows.dot(rows.centroid())) + _z(early)
    spread = float(np.ptp(score))
    return (score - score.min()) / spread if spread else score


def _z(values: Floats) -> Floats:
    deviation = float(values.std())
    return (values - values.mean()) / deviation if deviation > _NOTHING else np.zeros_like(values)
