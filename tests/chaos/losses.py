"""What became of the requests of a load: how many were lost, and how long the others took."""

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import pairwise
from math import exp, inf, lgamma, log, log1p
from typing import NamedTuple, Self

CONFIDENCE = 0.95


class Answer(NamedTuple):
    """`status` is that of a digest, or says what is wrong; the times are of the monotonic clock."""

    way: str
    status: str
    due: float
    ended: float

    @property
    def seconds(self) -> float:
        """Since it was due."""
        return self.ended - self.due


class Losses:
    """The answers of a load. One whose status is none of `complete` is lost."""

    def __init__(self, complete: Iterable[str]) -> None:
        self._complete = frozenset(complete)
        self.answers: list[Answer] = []

    def add(self, answer: Answer) -> None:
        """Count one more."""
        self.answers.append(answer)

    @property
    def lost(self) -> list[Answer]:
        """The answers that are not complete."""
        return [one for one in self.answers if one.status not in self._complete]

    def reasons(self) -> dict[str, int]:
        """How many were lost, by the way and what was wrong."""
        return dict(Counter(f"{one.way}: {one.status}" for one in self.lost))

    def due(self, after: float, before: float = inf) -> Self:
        """Those of requests that were due after one time and before another."""
        return self._those(lambda one: after <= one.due < before)

    def of(self, stream: str) -> Self:
        """Those of one stream."""
        return self._those(lambda one: one.way.startswith(f"{stream}, "))

    def _those(self, wanted: Callable[[Answer], bool]) -> Self:
        found = type(self)(self._complete)
        found.answers = [*filter(wanted, self.answers)]
        return found

    def bound(self) -> float:
        """The part of all such requests that is lost at most, with a confidence of 95 %."""
        return upper_bound(len(self.lost), len(self.answers))

    def percentile(self, part: float) -> float:
        """The seconds within which this part of the complete answers came; 0 without any."""
        seconds = sorted(one.seconds for one in self.answers if one.status in self._complete)
        return seconds[min(len(seconds) - 1, int(part * len(seconds)))] if seconds else 0.0

    @property
    def slowest_s(self) -> float:
        """Of the complete answers."""
        return self.percentile(1)

    @property
    def pause_s(self) -> float:
        """The longest time without a complete answer, between the first and the last."""
        ends = sorted(one.ended for one in self.answers if one.status in self._complete)
        return max((after - before for before, after in pairwise(ends)), default=0.0)


def upper_bound(lost: int, sent: int) -> float:
    """The exact upper bound of a probability (Clopper and Pearson), one-sided.

    It is where `lost` or fewer of `sent` have a probability of 5 %: 3 / `sent`, nearly, for none.
    """
    if lost >= sent:
        return 1.0
    return _root(lambda p: _at_most(lost, sent, p) - (1 - CONFIDENCE))


def _at_most(lost: int, sent: int, p: float) -> float:
    return sum(exp(_log_binomial(k, sent, p)) for k in range(lost + 1))


def _log_binomial(k: int, n: int, p: float) -> float:
    ways = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
    return ways + k * log(p) + (n - k) * log1p(-p)


def _root(falling: Callable[[float], float]) -> float:
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > 0 else (low, middle)
    return high
