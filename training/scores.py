"""Evaluation metrics. Floats are between 0 and 1."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

RESAMPLES: Final = 10_000
DRAWS: Final = 1_000  # resamples of counts

Floats = NDArray[np.float64]


class Span(NamedTuple):
    """An entity: its type, and its words from `first` up to but not including `last`."""

    kind: str
    first: int
    last: int


class Tally(NamedTuple):
    """Precision, recall, their harmonic mean, and the number of true items."""

    precision: float
    recall: float
    f1: float
    support: int


def tally(hits: int, found: int, support: int) -> Tally:
    """A Tally from counts; ratios without a denominator are 0."""
    f1 = 2 * hits / (found + support) if found + support else 0.0
    return Tally(hits / found if found else 0.0, hits / support if support else 0.0, f1, support)


def per_class(gold: Sequence[int], guess: Sequence[int], names: Sequence[str]) -> dict[str, Tally]:
    """Precision, recall and F1 of each class."""
    hits = Counter(a for a, b in zip(gold, guess, strict=True) if a == b)
    found, support = Counter(guess), Counter(gold)
    return {name: tally(hits[i], found[i], support[i]) for i, name in enumerate(names)}


def macro_f1(tallies: Mapping[str, Tally]) -> float:
    """The unweighted mean of the classes' F1."""
    return sum(one.f1 for one in tallies.values()) / len(tallies)


def accuracy(gold: Sequence[int], guess: Sequence[int]) -> float:
    """The share of correct predictions."""
    return sum(a == b for a, b in zip(gold, guess, strict=True)) / len(gold)


def auc(above: Sequence[float], below: Sequence[float]) -> float:
    """The share of pairs in which ``above`` exceeds ``below``; a tie counts half."""
    high, low = np.asarray(above)[:, None], np.asarray(below)[None, :]
    return float(np.mean((high > low) + 0.5 * (high == low)))


def spans(labels: Sequence[str]) -> set[Span]:
    """The entities in BIO labels; an I without a B before it begins an entity."""
    found: set[Span] = set()
    kind, first = "", 0
    for at, label in enumerate([*labels, "O"]):
        prefix, _, here = label.partition("-")
        if kind and (prefix != "I" or here != kind):
            found.add(Span(kind, first, at))
            kind = ""
        if here and not kind:
            kind, first = here, at
    return found


def entity_f1(
    gold: Iterable[Sequence[str]], guess: Iterable[Sequence[str]], kinds: Sequence[str]
) -> dict[str, Tally]:
    """The Tally of exact matches of span and type, for each type and for ``all``."""
    hits, found, support = Counter[str](), Counter[str](), Counter[str]()
    for a, b in zip(gold, guess, strict=True):
        truth, answer = spans(a), spans(b)
        for counter, some in ((hits, truth & answer), (found, answer), (support, truth)):
            counter.update(one.kind for one in some)
            counter["all"] += len(some)
    return {kind: tally(hits[kind], found[kind], support[kind]) for kind in (*kinds, "all")}


def span_counts(gold: Iterable[Sequence[str]], guess: Iterable[Sequence[str]]) -> Floats:
    """A row (hits, found, support) for each sentence, of the entities of all types."""
    pairs = ((spans(a), spans(b)) for a, b in zip(gold, guess, strict=True))
    return np.array([(len(a & b), len(b), len(a)) for a, b in pairs], np.float64)


def bootstrap(values: Sequence[float], seed: int = 0) -> tuple[float, float]:
    """The 95 % bootstrap interval of the mean: resampling with replacement."""
    drawn = np.random.default_rng(seed).choice(np.asarray(values), (RESAMPLES, len(values)))
    low, high = np.percentile(drawn.mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


class Interval(NamedTuple):
    """A score, and its 95 % bootstrap interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def draws(size: int, seed: int = 0) -> Floats:
    """How often each of `size` inputs is drawn in each of DRAWS resamples: (DRAWS, size)."""
    even = np.full(size, 1 / size)
    return np.random.default_rng(seed).multinomial(size, even, DRAWS).astype(np.float64)


def f1_interval(counts: Floats) -> Interval:
    """F1 of rows (hits, found, support), one for each input; the inputs are resampled."""
    return _interval(_f1(counts.sum(axis=0)), _f1(draws(len(counts)) @ counts))


def macro_f1_interval(gold: Sequence[int], guess: Sequence[int], classes: int) -> Interval:
    """The mean F1 over classes."""
    truth, answer = np.eye(classes)[list(gold)], np.eye(classes)[list(guess)]
    counts = np.stack([truth * answer, answer, truth], axis=-1)
    drawn = np.einsum("dn,nck->dck", draws(len(counts)), counts)
    return _interval(_f1(counts.sum(axis=0)).mean(), _f1(drawn).mean(axis=1))


def auc_interval(above: Sequence[float], below: Sequence[float]) -> Interval:
    """The AUC of two groups of scores; each group is resampled."""
    high, low = np.asarray(above)[:, None], np.asarray(below)[None, :]
    wins = (high > low) + 0.5 * (high == low)
    one, other = draws(len(above), seed=1), draws(len(below), seed=2)
    return _interval(wins.mean(), ((one @ wins) * other).sum(axis=1) / wins.size)


def _f1(counts: Floats) -> Floats:
    """2 hits / (found + support) along the last axis; 0 without a denominator."""
    both = counts[..., 1] + counts[..., 2]
    return np.asarray(2 * counts[..., 0] / np.maximum(both, 1))


def _interval(value: float | Floats, drawn: Floats) -> Interval:
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Interval(float(value), float(low), float(high))
