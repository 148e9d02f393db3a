"""An extractive summarizer in numpy: no weights, about a millisecond per article."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.core import text

DIVERSITY: Final = 0.3  # weight of novelty against relevance (MMR with lambda 0.7)
REPEATED: Final = 0.99  # cosine similarity above which a sentence counts as a repetition
_ZERO: Final = 1e-12  # shorter vectors count as zero

Floats = NDArray[np.float64]
Counts = NDArray[np.intp]


@dataclass(frozen=True)
class Rows:
    """A sparse vector per sentence: entries (row, column, weight), each row of unit length."""

    row: Counts
    column: Counts
    weight: Floats
    shape: tuple[int, int]

    @classmethod
    def of(cls, row: Counts, column: Counts, weight: Floats, shape: tuple[int, int]) -> "Rows":
        """Scale each row to unit length; a row without entries stays empty."""
        length = np.sqrt(_sums(row, weight**2, shape[0]))
        return cls(row, column, weight / np.maximum(length, _ZERO)[row], shape)

    def dot(self, vector: Floats) -> Floats:
        """The dot product of each row and the vector."""
        return _sums(self.row, self.weight * vector[self.column], self.shape[0])

    def __getitem__(self, at: int) -> Floats:
        mine = self.row == at
        return _sums(self.column[mine], self.weight[mine], self.shape[1])

    def centroid(self) -> Floats:
        """The mean row, scaled to unit length."""
        mean = _sums(self.column, self.weight, self.shape[1])
        return mean / max(float(np.linalg.norm(mean)), _ZERO)


def _sums(indices: Counts, weights: Floats, size: int) -> Floats:
    """The sum of the weights at each index below `size`; floats even if there are no weights."""
    return np.bincount(indices, weights, size).astype(np.float64)


def words(sentences: Sequence[str]) -> Rows:
    """TF-IDF of words; the document frequency counts sentences of the same article."""
    bags = [Counter(text.words(sentence.lower())) for sentence in sentences]
    column = {word: at for at, word in enumerate(dict.fromkeys(w for bag in bags for w in bag))}
    entries = [(row, column[w], n) for row, bag in enumerate(bags) for w, n in bag.items()]
    rows, columns, counts = np.array(entries, np.intp).reshape(-1, 3).T
    documents = np.bincount(columns, minlength=len(column))
    rarity = np.log1p(len(sentences) / np.maximum(documents, 1))
    weights = (counts * rarity[columns]).astype(np.float64)
    return Rows.of(rows, columns, weights, (len(bags), len(column)))


class SentenceRanker:
    """Lead-biased centroid with maximal marginal relevance (MMR).

    A sentence's score is z(similarity to the article's centroid) + z(1 / sqrt(position)), scaled
    to 0 to 1. Sentences are chosen one by one; similarity to a chosen one lowers the score. On
    human summaries it is on par with the first three sentences (``training/summary.md``).
    """

    def __init__(
        self, sentences: int = 3, represent: Callable[[Sequence[str]], Rows] = words
    ) -> None:
        self.sentences = sentences
        self.represent = represent

    def choose(self, sentences: Sequence[str]) -> list[int]:
        """The indices of the chosen sentences, ascending."""
        if len(sentences) <= self.sentences:
            return list(range(len(sentences)))
        rows = self.represent(sentences)
        relevance = (1 - DIVERSITY) * _relevance(rows)
        similarity = np.zeros(len(sentences))
        chosen: list[int] = []
        for _ in range(self.sentences):
            cost = DIVERSITY * similarity + (similarity > REPEATED)  # a repetition is chosen last
            chosen.append(int((relevance - cost).argmax()))
            relevance[chosen[-1]] = -np.inf
            similarity = np.maximum(similarity, rows.dot(rows[chosen[-1]]))
        return sorted(chosen)


def _relevance(rows: Rows) -> Floats:
    early = 1 / np.sqrt(np.arange(1, rows.shape[0] + 1))
    score = _z(rows.dot(rows.centroid())) + _z(early)
    spread = float(np.ptp(score))
    return (score - score.min()) / spread if spread else score


def _z(values: Floats) -> Floats:
    deviation = float(values.std())
    return (values - values.mean()) / deviation if deviation > _ZERO else np.zeros_like(values)
