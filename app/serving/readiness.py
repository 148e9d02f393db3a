"""Delays the readiness of a new cluster until its workers receive requests.

KubeRay routes traffic to a new cluster as soon as every deployment is healthy. The workers' pods
become ready, and endpoints of the Service, a moment later; until then requests fail (17 of them
within two seconds, seen in tests/e2e). So where the chart sets the address of the worker's health
check, replicas of a new cluster wait in their constructor until that check has passed for a while.

The check passes once a replica of `Digest` accepts requests, so that one cannot wait itself. The
stages' replicas do, or where they share its process (`placement: fused`), a deployment that does
nothing else.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import requests

from app.core.errors import StartError

VARIABLE = "WIKI_DIGEST_HEALTH_CHECK"
"""Environment variable: the URL of this worker's health check. Without it, nothing waits."""


class HoldTimes(NamedTuple):
    """In seconds: how long the health check must have passed, the deadline, between two checks.

    `settle_s` is two probes of the kubelet and an endpoint update. After `deadline_s` the replica
    fails, and Serve starts it again: an upgrade to a cluster that never answers must not succeed.
    """

    settle_s: float = 5.0
    deadline_s: float = 300.0
    every_s: float = 0.2


DEFAULT_TIMES = HoldTimes()


@contextmanager
def hold_until_routable(
    times: HoldTimes = DEFAULT_TIMES,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[None]:
    """Run the body, then wait until this worker's health check has always passed for `settle_s`.

    Does not wait if the check passes before the body: then the cluster is not new.

    Raises:
        StartError: it has not passed within `deadline_s`.
    """
    url = os.environ.get(VARIABLE)
    is_new = url is not None and not _passes(url)
    yield
    if url is None or not is_new:
        return
    deadline = clock() + times.deadline_s
    passed_at: float | None = None
    while passed_at is None or clock() < passed_at + times.settle_s:
        if not _passes(url):
            passed_at = None
        elif passed_at is None:
            passed_at = clock()
        if passed_at is None and clock() >= deadline:
            raise StartError(f"{url} has not passed within {times.deadline_s:g} s")
        sleep(times.every_s)


class HoldReplica:
    """A replica that only delays the readiness of the application. It needs no CPU."""

    def __init__(self) -> None:
        with hold_until_routable():
            pass


def _passes(url: str) -> bool:
    try:
        return requests.get(url, timeout=1).ok
    except requests.RequestException:
        return False
