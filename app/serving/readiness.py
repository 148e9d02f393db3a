"""Delays the readiness of a new cluster until its workers receive requests.

KubeRay routes traffic to a new cluster as soon as every deployment is healthy. The workers' pods
become ready, and endpoints of the Service, a moment later; until then requests fail (17 of them
within two seconds, seen in tests/e2e). So where the chart sets the address of the worker's health
check, replicas of a new cluster wait in their constructor until that check has passed for a while.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import requests

VARIABLE = "WIKI_DIGEST_HEALTH_CHECK"
"""Environment variable: the URL of this worker's health check. Without it, nothing waits."""


class HoldTimes(NamedTuple):
    """In seconds: how long the health check must have passed, the deadline, between two checks.

    `settle_s` is two probes of the kubelet and an endpoint update. After `deadline_s` the replica
    becomes ready in any case.
    """

    settle_s: float = 5.0
    deadline_s: float = 60.0
    every_s: float = 0.2


DEFAULT_TIMES = HoldTimes()


@contextmanager
def hold_until_routable(
    times: HoldTimes = DEFAULT_TIMES,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[None]:
    """Run the body, then wait until this worker's health check has passed for `settle_s`.

    Does not wait if the check passes before the body: then the cluster is not new.
    """
    url = os.environ.get(VARIABLE)
    is_new = url is not None and not _passes(url)
    yield
    deadline = clock() + times.deadline_s
    while is_new and url and clock() < deadline:
        if _passes(url):
            sleep(times.settle_s)
            return
        sleep(times.every_s)


def _passes(url: str) -> bool:
    try:
        return requests.get(url, timeout=1).ok
    except requests.RequestException:
        return False
