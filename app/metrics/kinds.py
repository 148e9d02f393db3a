"""The kinds of metrics, as Prometheus knows them, and the recorder that takes their values."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import product
from typing import Protocol


@dataclass(frozen=True)
class Label:
    """A label, and the only values that it has; without `values` it has one in each process."""

    name: str
    help: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)  # compared by identity: each is a key on the path of a request
class Metric:
    """A row of the table; `unit` is that of its values, as the name says it."""

    name: str
    unit: str
    help: str
    labels: tuple[Label, ...] = ()

    @property
    def exported(self) -> str:
        """The name that Prometheus sees: Ray's prefix is put before it."""
        return f"ray_{self.name}"


class Counter(Metric):
    """A number that only grows; it begins at 0 with each replica."""


class Gauge(Metric):
    """A number that grows and shrinks."""


@dataclass(frozen=True, eq=False)
class Histogram(Metric):
    """The number of values up to each of the `buckets`, which are above 0: Ray refuses others."""

    buckets: tuple[float, ...] = ()


class Recorder(Protocol):
    """Takes the values of metrics; the labels are in the order of the table. Thread-safe."""

    def add(self, metric: Counter, *labels: str, amount: float = 1) -> None:
        """Increase a counter; an amount of 0 lets it begin at 0, not with its first event."""

    def observe(self, metric: Histogram, value: float, *labels: str) -> None:
        """Count a value in its bucket."""

    def watch(self, metric: Counter | Gauge, read: Callable[[], float], *labels: str) -> None:
        """Call `read` for the value, or for a part of a counter; other threads call it."""


class Silent:
    """A recorder that drops everything."""

    def add(self, metric: Counter, *labels: str, amount: float = 1) -> None:
        """Do nothing."""

    def observe(self, metric: Histogram, value: float, *labels: str) -> None:
        """Do nothing."""

    def watch(self, metric: Counter | Gauge, read: Callable[[], float], *labels: str) -> None:
        """Do nothing."""


SILENT: Recorder = Silent()


def declare(recorder: Recorder, metric: Counter, *values: Iterable[str]) -> None:
    """Let a counter begin at 0 for all of these values of its labels."""
    for labels in product(*values):
        recorder.add(metric, *labels, amount=0)
