"""The totals of one process: what its metrics have counted since it started."""

import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Mapping
from threading import Lock
from typing import NamedTuple, TypeAlias

from app.metrics.kinds import Counter, Gauge, Histogram, Metric

Key: TypeAlias = tuple[Metric, tuple[str, ...]]
"""A metric and the values of its labels."""


class Observed(NamedTuple):
    """The values of a histogram: how many are in each bucket (the last has no bound), their sum."""

    counts: tuple[int, ...]
    total: float

    @property
    def number(self) -> int:
        """How many values there are."""
        return sum(self.counts)


class Tally:
    """A recorder that keeps totals, without a library."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._started = clock()
        self._lock = Lock()
        self._sums: dict[Key, float] = defaultdict(float)
        self._counts: dict[Key, list[int]] = {}
        self._totals: dict[Key, float] = defaultdict(float)
        self._watched: dict[Key, Callable[[], float]] = {}

    def add(self, metric: Counter, *labels: str, amount: float = 1) -> None:
        """Increase a counter."""
        with self._lock:
            self._sums[metric, labels] += amount

    def observe(self, metric: Histogram, value: float, *labels: str) -> None:
        """Count a value in its bucket."""
        key: Key = (metric, labels)
        with self._lock:
            counts = self._counts.get(key)
            if counts is None:
                counts = self._counts[key] = [0] * (len(metric.buckets) + 1)
            counts[bisect_left(metric.buckets, value)] += 1
            self._totals[key] += value

    def watch(self, metric: Counter | Gauge, read: Callable[[], float], *labels: str) -> None:
        """Call `read` for the value, or for a part of a counter, whenever it is wanted."""
        with self._lock:
            self._watched[metric, labels] = read

    def uptime_s(self) -> float:
        """Seconds since it was made."""
        return self._clock() - self._started

    def values(self) -> Mapping[Key, float]:
        """The values of all counters and gauges; of a counter, what is added and what is read."""
        with self._lock:
            sums, watched = dict(self._sums), dict(self._watched)
        return sums | {key: read() + sums.get(key, 0) for key, read in watched.items()}

    def observed(self) -> Mapping[Key, Observed]:
        """The values of all histograms."""
        with self._lock:
            return {
                key: Observed(tuple(counts), self._totals[key])
                for key, counts in self._counts.items()
            }
