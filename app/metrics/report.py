"""What one replica says of itself in `GET /v1/status`: its totals since it started."""

from collections import Counter as Counts
from collections.abc import Mapping
from typing import Annotated, TypeVar

from pydantic import Field

from app.core.values import Value
from app.metrics.kinds import Counter, Gauge, Histogram, Label, Metric
from app.metrics.table import (
    CACHE,
    COMPUTE_SECONDS,
    ENTRIES,
    FAILURES,
    IN_PROGRESS,
    LIMIT,
    LOOKUPS,
    QUEUE_SECONDS,
    REFUSED,
    REQUEST_SECONDS,
    REQUESTS,
    STAGE,
    STAGE_ARTICLES,
)
from app.metrics.tally import Key, Tally

Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0)]
T = TypeVar("T")


class StageReport(Value):
    """A stage in one replica. Times are sums over all articles, and over all batches."""

    in_progress: Annotated[Count, Field(description="articles that wait or run")]
    articles: Count
    batches: Annotated[Count, Field(description="batches; of `source`, searches")]
    failures: Count
    queue_s: Seconds
    compute_s: Seconds


class CacheReport(Value):
    """A cache in one replica."""

    entries: Count
    hits: Count
    misses: Count


class ReplicaReport(Value):
    """A replica. Counts are since it started; what it does not have is empty."""

    deployment: Annotated[str, Field(examples=["Digest"])]
    replica: str
    uptime_s: Seconds
    in_progress: Annotated[Count, Field(description="terms; 0 in the replica of a stage")]
    limit: Annotated[Count, Field(description="terms in progress at most")]
    requests: Annotated[dict[str, int], Field(description="by outcome, as the metrics have them")]
    timed: Annotated[Count, Field(description="answers that did not come from the cache")]
    timed_s: Annotated[Seconds, Field(description="the sum of their times")]
    refused: Annotated[dict[str, int], Field(description="by reason")]
    stages: dict[str, StageReport]
    caches: dict[str, CacheReport]


def report(tally: Tally, deployment: str, replica: str) -> ReplicaReport:
    """The report of the replica that has these totals."""
    totals = _Totals(tally)
    timed, timed_s = totals.observed(REQUEST_SECONDS)
    return ReplicaReport(
        deployment=deployment,
        replica=replica,
        uptime_s=tally.uptime_s(),
        in_progress=totals.sum(IN_PROGRESS),
        limit=totals.sum(LIMIT),
        requests=totals.by(REQUESTS, 1),
        timed=timed,
        timed_s=timed_s,
        refused=totals.by(REFUSED, 0),
        stages={name: totals.stage(name) for name in totals.having(STAGE_ARTICLES, STAGE)},
        caches={name: totals.cache(name) for name in totals.having(ENTRIES, CACHE)},
    )


class _Totals:
    """The totals of a tally at one moment."""

    def __init__(self, tally: Tally) -> None:
        self._values = tally.values()
        self._observed = tally.observed()

    def sum(self, metric: Counter | Gauge, *labels: str) -> int:
        """The sum of the series whose labels begin with these."""
        return int(sum(_of(self._values, metric, labels)))

    def by(self, metric: Counter, label: int) -> dict[str, int]:
        """The sums by the values of one label, without zeros."""
        sums: Counts[str] = Counts()
        for (one, labels), value in self._values.items():
            if one is metric and value:
                sums[labels[label]] += int(value)
        return dict(sums)

    def having(self, metric: Gauge, label: Label) -> list[str]:
        """Those of the values of its label that a gauge has here."""
        return [value for value in label.values if (metric, (value,)) in self._values]

    def observed(self, metric: Histogram, *labels: str) -> tuple[int, float]:
        """The number of values of a histogram whose labels begin with these, and their sum."""
        found = _of(self._observed, metric, labels)
        return sum(one.number for one in found), sum(one.total for one in found)

    def stage(self, name: str) -> StageReport:
        """The totals of a stage."""
        articles, queue_s = self.observed(QUEUE_SECONDS, name)
        batches, compute_s = self.observed(COMPUTE_SECONDS, name)
        return StageReport(
            in_progress=self.sum(STAGE_ARTICLES, name),
            articles=articles,
            batches=batches,
            failures=self.sum(FAILURES, name),
            queue_s=queue_s,
            compute_s=compute_s,
        )

    def cache(self, name: str) -> CacheReport:
        """The totals of a cache."""
        return CacheReport(
            entries=self.sum(ENTRIES, name),
            hits=self.sum(LOOKUPS, name, "hit"),
            misses=self.sum(LOOKUPS, name, "miss"),
        )


def _of(found: Mapping[Key, T], metric: Metric, labels: tuple[str, ...]) -> list[T]:
    """What belongs to the series of a metric whose labels begin with these."""
    return [
        value
        for (one, given), value in found.items()
        if one is metric and given[: len(labels)] == labels
    ]
