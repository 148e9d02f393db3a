"""An extractive summarizer in numpy: no weights, a few milliseconds per article."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.core import text

DIVERSITY: Final = 0.3  # weight of novelty against relevance (MMR with lambda 0.7)
REPEATED: Final = 0.99  # cosine similarity above which a sentence is a repetition
TOO_LONG: Final = 1.5  # times the words of a summary; a longer sentence is not chosen first
_ZERO: Final = 1e-12  # shorter vectors count as zero

Floats = NDArray[np.float64]
Counts = NDArray[np.intp]
Flags = NDArray[np.bool_]


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


def tf_idf(texts: Sequence[Sequence[str]]) -> Rows:
    """TF-IDF of words; the document frequency counts sentences of the same article."""
    bags = [Counter(words) for words in texts]
    column = {word: at for at, word in enumerate(dict.fromkeys(w for bag in bags for w in bag))}
    entries = [(row, column[w], n) for row, bag in enumerate(bags) for w, n in bag.items()]
    rows, columns, counts = np.array(entries, np.intp).reshape(-1, 3).T
    documents = np.bincount(columns, minlength=len(column))
    rarity = np.log1p(len(bags) / np.maximum(documents, 1))
    weights = (counts * rarity[columns]).astype(np.float64)
    return Rows.of(rows, columns, weights, (len(bags), len(column)))


class Sentence(NamedTuple):
    """A sentence to choose from.

    One that `leans` on the sentence before it (*She also ...*) is only chosen after it.
    """

    text: str
    in_lead: bool = False
    leans: bool = False


class SentenceRanker:
    """The first sentence, and the best others as long as they fit in `max_words`.

    A sentence's score is z(similarity to the article's centroid) + z(1 / sqrt(position)), scaled
    to 0 to 1. Sentences are chosen one by one by maximal marginal relevance (MMR): similarity to
    a chosen one lowers the score. Only those in the lead are chosen, if it is long enough. How
    near this is to human summaries is in ``training/summary.md``.
    """

    def __init__(self, sentences: int = 3, max_words: int = 60) -> None:
        self.sentences = sentences
        self.max_words = max_words

    def choose(self, sentences: Sequence[Sentence]) -> list[int]:
        """The indices of the chosen sentences, ascending; the first that fits is always chosen."""
        if not sentences:
            return []
        words = [text.words(one.text.lower()) for one in sentences]
        rows, lengths = tf_idf(words), np.array([*map(_length, sentences, words)])
        score = (1 - DIVERSITY) * relevance(rows)
        allowed = self._in_lead(sentences, lengths)
        chosen, similarity = [self._first(sentences, lengths)], np.zeros(len(sentences))
        while len(chosen) < self.sentences:
            similarity = np.maximum(similarity, rows.dot(rows[chosen[-1]]))
            fits = lengths[chosen].sum() + lengths <= self.max_words
            fits &= allowed & (similarity <= REPEATED) & _has_context(sentences, chosen)
            fits[chosen] = False
            if not fits.any():
                break
            chosen.append(int(np.where(fits, score - DIVERSITY * similarity, -np.inf).argmax()))
        return sorted(chosen)

    def _first(self, sentences: Sequence[Sentence], lengths: Counts) -> int:
        """The first sentence that stands alone and is not much too long, or else the first."""
        fits = lengths <= TOO_LONG * self.max_words
        alone = (at for at, one in enumerate(sentences) if fits[at] and not one.leans)
        return next(alone, 0)

    def _in_lead(self, sentences: Sequence[Sentence], lengths: Counts) -> Flags:
        """Whether each sentence is in the lead; all are, if the lead is too short."""
        in_lead = np.array([one.in_lead for one in sentences])
        too_short = int(lengths[in_lead].sum()) < self.max_words
        return np.ones_like(in_lead) if too_short else in_lead


def _length(sentence: Sentence, words: Sequence[str]) -> int:
    return len(words) if sentence.text.isascii() else text.length(sentence.text)


def _has_context(sentences: Sequence[Sentence], chosen: Sequence[int]) -> Flags:
    """Whether each sentence stands alone, or comes after a chosen one."""
    return np.array([not one.leans or at - 1 in chosen for at, one in enumerate(sentences)])


def relevance(rows: Rows) -> Floats:
    """The score of each sentence by similarity to the centroid and by position, 0 to 1."""
    early = 1 / np.sqrt(np.arange(1, rows.shape[0] + 1))
    score = _z(rows.dot(rows.centroid())) + _z(early)
    spread = float(np.ptp(score))
    return (score - score.min()) / spread if spread else score


def _z(values: Floats) -> Floats:
    deviation = float(values.std())
    return (values - values.mean()) / deviation if deviation > _ZERO else np.zeros_like(values)
