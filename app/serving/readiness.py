"""A new cluster must not say that it is up before its workers take requests.

KubeRay leads all requests to a new cluster as soon as every deployment is up. Kubernetes knows a
moment later that its workers are ready: until then nobody answers. So where the chart names the
worker's health check, the stages of a cluster that does not answer yet hold back until it has for
a while. Seen in tests/e2e: 17 requests lost within two seconds.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import requests

VARIABLE = "WIKI_DIGEST_HEALTH_CHECK"
"""Of the environment: the address of this worker's health check, without which nothing waits."""
SETTLE_S = 5.0
"""Two probes of the kubelet, and what is between them and an endpoint."""
DEADLINE_S = 60.0
"""A worker that takes no requests by then is not waited for."""


@contextmanager
def hold_until_routable(
    settle_s: float = SETTLE_S, deadline_s: float = DEADLINE_S, every_s: float = 0.2
) -> Iterator[None]:
    """Do what is inside, then wait until this cluster has answered for `settle_s`.

    Where it answers before, it is not a new one, and nothing waits.
    """
    address = os.environ.get(VARIABLE)
    old = address is None or _answers(address)
    yield
    deadline = time.monotonic() + deadline_s
    while not old and address and time.monotonic() < deadline:
        if _answers(address):
            time.sleep(settle_s)
            return
        time.sleep(every_s)


def _answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=1).ok
    except requests.RequestException:
        return False
