"""A recorder that keeps what it is told, and refuses a label or a value that the table has not."""

from collections.abc import Callable

from app.metrics.kinds import Counter, Gauge, Histogram, Metric
from app.metrics.table import METRICS


class FakeRecorder:
    """The sums of counters, the values of histograms, and what reads gauges."""

    def __init__(self) -> None:
        self._sums: dict[tuple[Metric, tuple[str, ...]], float] = {}
        self._values: dict[tuple[Metric, tuple[str, ...]], list[float]] = {}
        self._watched: dict[tuple[Metric, tuple[str, ...]], Callable[[], float]] = {}

    def add(self, metric: Counter, *labels: str, amount: float = 1) -> None:
        key = checked(metric, labels)
        self._sums[key] = self._sums.get(key, 0) + amount

    def observe(self, metric: Histogram, value: float, *labels: str) -> None:
        self._values.setdefault(checked(metric, labels), []).append(value)

    def watch(self, metric: Counter | Gauge, read: Callable[[], float], *labels: str) -> None:
        self._watched[checked(metric, labels)] = read

    def value(self, metric: Counter | Gauge, *labels: str) -> float | None:
        """The value of a counter or a gauge; None if nothing has named it."""
        read, added = self._watched.get((metric, labels)), self._sums.get((metric, labels))
        return read() + (added or 0) if read else added

    def counted(self, metric: Counter) -> dict[tuple[str, ...], float]:
        """The values of a counter by its labels, without zeros."""
        labels = [key[1] for key in self._sums | self._watched if key[0] is metric]
        return {one: value for one in labels if (value := self.value(metric, *one))}

    def observed(self, metric: Histogram, *labels: str) -> list[float]:
        """The values of a histogram, in order."""
        return self._values.get((metric, labels), [])


def checked(metric: Metric, labels: tuple[str, ...]) -> tuple[Metric, tuple[str, ...]]:
    """The key of a series, if the table has it."""
    assert metric in METRICS
    for label, value in zip(metric.labels, labels, strict=True):
        assert not label.values or value in label.values, (metric.name, label.name, value)
    return metric, labels
