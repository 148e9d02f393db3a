"""The pods that an upgrade needs beside those of the release."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from app.config.placement import INCREMENTAL, NO_UPGRADE, Plan


class Fleet(NamedTuple):
    """Workers, and the CPUs and GPUs that Ray counts in them."""

    workers: int
    cpus: float
    gpus: int


def added(plan: Plan) -> Counter[str]:
    """The workers of each group that run beside those of the release, at most."""
    if plan.upgrade == NO_UPGRADE:
        return Counter()
    if plan.upgrade != INCREMENTAL:
        return Counter(worker.group for worker in plan.least.workers)
    peak: Counter[str] = Counter()
    for old, new in capacities(plan.surge_percent):
        peak |= _workers(plan, old) + _workers(plan, new)
    return peak - _workers(plan, 100)


def peak(plan: Plan) -> Fleet:
    """All workers at the height of an upgrade."""
    return _fleet(plan, _workers(plan, 100) + added(plan))


def twice(plan: Plan) -> Fleet:
    """All workers of two clusters of full size."""
    return _fleet(plan, _workers(plan, 100) + _workers(plan, 100))


def capacities(surge: int) -> Iterator[tuple[int, int]]:
    """The old and the new cluster's replicas in percent, at each step.

    Source: `reconcileServeTargetCapacity` in rayservice_controller.go of KubeRay 1.6: the new
    cluster grows while both have 100 % at most, else the old one shrinks.
    """
    old, new = 100, 0
    while old or new < 100:  # noqa: PLR2004 - percent
        if old + new > 100:  # noqa: PLR2004 - percent
            old = max(0, old - surge)
        else:
            new = min(100, new + surge)
        yield old, new


def _workers(plan: Plan, capacity: int) -> Counter[str]:
    """The workers of a cluster at so many percent of its replicas, none below its minimum."""
    used = Counter(worker.group for worker in plan.at(capacity).workers if worker.holds)
    return used | Counter({group.name: group.least for group in plan.groups})


def _fleet(plan: Plan, workers: Counter[str]) -> Fleet:
    return Fleet(
        workers.total(),
        sum(group.cpus * workers[group.name] for group in plan.groups),
        sum(group.gpus * workers[group.name] for group in plan.groups),
    )
