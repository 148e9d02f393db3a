"""The load of a release, from the status of its servers: what was done between two looks."""

import time
from collections import Counter as Counts
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from app.api.about import Status
from app.metrics.report import ReplicaReport

Path: TypeAlias = tuple[str, ...]
Numbers: TypeAlias = Counts[Path]


class StageView(NamedTuple):
    """A stage of all replicas: articles a second, mean seconds of one's wait and of a batch."""

    in_progress: int
    rate: float
    queue_s: float
    compute_s: float
    batch: float
    failures: int


class CacheView(NamedTuple):
    """A cache of all replicas, and the share of lookups that were hits."""

    entries: int
    hits: float


class View(NamedTuple):
    """All replicas together. Rates are a second; `timed_s` is the mean of uncached answers."""

    version: str
    uptime_s: float
    seconds: float
    in_progress: int
    limit: int
    outcomes: dict[str, float]
    refused: dict[str, float]
    timed_s: float
    stages: dict[str, StageView]
    caches: dict[str, CacheView]
    replicas: dict[str, int]
    silent: int

    @property
    def rate(self) -> float:
        """Requests a second."""
        return sum(self.outcomes.values())


def views(
    look: Callable[[], Status],
    every_s: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[View]:
    """A view of each interval, without end; the first is of the time since the replicas started."""
    before, at = look(), clock()
    yield since_start(before)
    while True:
        sleep(every_s)
        now, then = look(), clock()
        yield between(before, now, then - at)
        before, at = now, then


def merged(statuses: Iterable[Status]) -> Status:
    """The status of several servers; a replica of which several tell is one."""
    all_ = list(statuses)
    replicas = {(r.deployment, r.replica): r for status in all_ for r in status.replicas}
    return all_[0].model_copy(
        update={
            "uptime_s": max(status.uptime_s for status in all_),
            "replicas": tuple(replicas.values()),
            "silent": sum(status.silent for status in all_),
        }
    )


def since_start(status: Status) -> View:
    """The view of the time since the replicas started."""
    return between(status.model_copy(update={"replicas": ()}), status, status.uptime_s)


def between(before: Status, now: Status, seconds: float) -> View:
    """The view of the time between two looks; a replica that is new did all that it has counted."""
    held = _sum(_flat(one) for one in now.replicas)
    gained = _gained(before, now)
    per_s = 1 / max(seconds, 0.001)
    return View(
        version=now.version,
        uptime_s=now.uptime_s,
        seconds=seconds,
        in_progress=int(held["in_progress",]),
        limit=int(held["limit",]),
        outcomes={name: gained["requests", name] * per_s for name in _names(held, "requests")},
        refused={name: gained["refused", name] * per_s for name in _names(held, "refused")},
        timed_s=_mean(gained["timed_s",], gained["timed",]),
        stages={name: _stage(held, gained, name, per_s) for name in _names(held, "stages")},
        caches={name: _cache(held, gained, name) for name in _names(held, "caches")},
        replicas=dict(Counts(one.deployment for one in now.replicas)),
        silent=now.silent,
    )


def _gained(before: Status, now: Status) -> Numbers:
    """What the replicas have counted between two looks, all together."""
    old = {(one.deployment, one.replica): _flat(one) for one in before.replicas}
    gained: Numbers = Numbers()
    for one in now.replicas:
        gained.update(_flat(one))
        gained.subtract(old.get((one.deployment, one.replica), Numbers()))
    return gained


def _stage(held: Numbers, gained: Numbers, name: str, per_s: float) -> StageView:
    def of(field: str) -> float:
        return gained["stages", name, field]

    return StageView(
        in_progress=int(held["stages", name, "in_progress"]),
        rate=of("articles") * per_s,
        queue_s=_mean(of("queue_s"), of("articles")),
        compute_s=_mean(of("compute_s"), of("batches")),
        batch=_mean(of("articles"), of("batches")),
        failures=int(held["stages", name, "failures"]),
    )


def _cache(held: Numbers, gained: Numbers, name: str) -> CacheView:
    hits, misses = (gained["caches", name, field] for field in ("hits", "misses"))
    return CacheView(int(held["caches", name, "entries"]), _mean(hits, hits + misses))


def _mean(total: float, count: float) -> float:
    return total / count if count else 0.0


def _names(numbers: Numbers, group: str) -> list[str]:
    """The names in a group, each once, in order."""
    return list(dict.fromkeys(path[1] for path in numbers if path[0] == group))


def _sum(all_: Iterable[Numbers]) -> Numbers:
    total: Numbers = Numbers()
    for one in all_:
        total.update(one)
    return total


def _flat(report: ReplicaReport) -> Numbers:
    """The numbers of a report by their path in it."""
    return Numbers(dict(_numbers(report.model_dump(), ())))


def _numbers(given: Mapping[str, object], path: Path) -> Iterator[tuple[Path, float]]:
    for name, value in given.items():
        if isinstance(value, Mapping):
            yield from _numbers(value, (*path, name))
        elif isinstance(value, int | float):
            yield (*path, name), value
