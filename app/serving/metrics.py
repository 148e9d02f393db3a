"""Exports the totals of a replica as metrics of Serve, which reach Prometheus by Ray's own ports.

Serve adds the labels `deployment`, `replica` and `application`. A metric of Ray takes 4 us for each
value, and as much again in Ray's agent. So counters and gauges go there every few seconds, from a
thread; only the values of histograms go there one by one.
"""

import logging
import threading
from functools import cache
from typing import Final, cast

from ray.serve import metrics

from app.metrics.kinds import Counter, Gauge, Histogram, Metric
from app.metrics.table import METRICS
from app.metrics.tally import Key, Tally

EVERY_S: Final = 5.0
"""Seconds between two exports. Ray's agent forgets a gauge after 20 s."""
_log = logging.getLogger("ray.serve")


class RayMetrics(Tally):
    """The totals of this replica, exported until its process ends."""

    def __init__(self, every_s: float = EVERY_S) -> None:
        super().__init__()
        self._exported: dict[Key, float] = {}
        self._counters = {one: _counter(one) for one in METRICS if isinstance(one, Counter)}
        self._gauges = {one: _gauge(one) for one in METRICS if isinstance(one, Gauge)}
        self._histograms = {one: _histogram(one) for one in METRICS if isinstance(one, Histogram)}
        self._every_s = every_s
        threading.Thread(target=self._export_for_ever, name="metrics", daemon=True).start()

    def observe(self, metric: Histogram, value: float, *labels: str) -> None:
        """Count a value in its bucket, here and in Ray."""
        super().observe(metric, value, *labels)
        self._histograms[metric].observe(value, _tags(metric, labels))

    def export(self) -> None:
        """Tell Ray what the counters have gained, and the values of the gauges."""
        for key, value in self.values().items():
            metric, labels = key
            if isinstance(metric, Gauge):
                self._gauges[metric].set(value, _tags(metric, labels))
            elif isinstance(metric, Counter) and value != (before := self._exported.get(key)):
                self._increase(metric, value - (before or 0), _tags(metric, labels))
                self._exported[key] = value

    def _increase(self, metric: Counter, gained: float, tags: dict[str, str]) -> None:
        """A first 0 is exported too, so that Prometheus sees the first increase."""
        counter = self._counters[metric]
        if gained > 0:
            counter.inc(gained, tags)
        else:
            counter._record(0, {**tags})  # noqa: SLF001 - `inc` refuses 0

    def _export_for_ever(self) -> None:
        clock = threading.Event()
        while not clock.wait(self._every_s):
            try:
                self.export()
            except Exception:  # noqa: BLE001 - the next export may succeed
                _log.exception("metrics cannot be exported")


def _counter(metric: Counter) -> metrics.Counter:
    """Ray appends `_total`."""
    return metrics.Counter(metric.name.removesuffix("_total"), metric.help, _keys(metric))


def _gauge(metric: Gauge) -> metrics.Gauge:
    return metrics.Gauge(metric.name, metric.help, _keys(metric))


def _histogram(metric: Histogram) -> metrics.Histogram:
    return metrics.Histogram(metric.name, metric.help, [*metric.buckets], _keys(metric))


def _keys(metric: Metric) -> tuple[str]:
    """The names of its labels; Serve declares them as one."""
    return cast("tuple[str]", tuple(label.name for label in metric.labels))


@cache
def _tags(metric: Metric, labels: tuple[str, ...]) -> dict[str, str]:
    return dict(zip(_keys(metric), map(str, labels), strict=True))
