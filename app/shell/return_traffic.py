"""Take the traffic from a new version at once, which KubeRay returns in steps."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from app.core.errors import ShellError
from app.shell.observation import parts, share
from app.shell.wait import Clock, Observed, settled

FOLLOWED_S = 5.0
"""By then a Gateway uses the changed endpoints of a Service: Traefik waits two seconds for more."""
POLL_S = 2.0
ALL = 100
"""In percent."""


class Cluster(Observed, Protocol):
    """A RayService, and the Services of its Ray clusters."""

    def redirect(self, cluster: str, to: str) -> None:
        """Let the Service of one Ray cluster select the pods of another.

        Raises:
            ShellError: access is denied.
        """


@contextmanager
def redirected(
    cluster: Cluster, timeout_s: float, log: Callable[[str], None], clock: Clock = time
) -> Iterator[None]:
    """Let the old version answer what is routed to the new one until that has no share.

    What runs inside is a rollback. KubeRay then gives the new cluster the old settings before it
    moves the traffic, so that requests would wait there for replicas that restart. Nothing is
    changed if traffic does not move in steps, if the old version has fewer replicas already, or
    without the right to patch Services. If the rollback fails, or is undone, the new version
    answers again.
    """
    new = _redirect(cluster, log)
    if not new:
        yield
        return
    is_over = False
    try:
        clock.sleep(FOLLOWED_S)
        yield
        is_over = _leaves(cluster, new, timeout_s, log, clock)
    finally:
        if not is_over:
            cluster.redirect(new, new)


def _redirect(cluster: Cluster, log: Callable[[str], None]) -> str:
    """The new cluster if its traffic goes to the old one now."""
    old, *pending = parts(cluster.service().get("status", {})) or [{}]
    if not pending or not share(pending[0]) or old.get("targetCapacity") != ALL:
        return ""
    new = str(pending[0]["rayClusterName"])
    try:
        cluster.redirect(new, str(old["rayClusterName"]))
    except ShellError as error:
        log(f"{error}: traffic returns in steps")
        return ""
    log("the old version answers all requests")
    return new


def _leaves(
    cluster: Cluster, new: str, timeout_s: float, log: Callable[[str], None], clock: Clock
) -> bool:
    """Wait until it has gone, for `timeout_s` at most; False once its share grows again."""
    deadline, least = clock.monotonic() + timeout_s, ALL
    for service, seen in settled(cluster, 0, clock):
        found = [part for part in parts(service.get("status", {})) if part["rayClusterName"] == new]
        if service and not found:
            return True
        now = max(map(share, found), default=least)
        if now > least:
            return False
        least = now
        if seen.progress:
            log(seen.progress)
        if clock.monotonic() > deadline:
            return True
        clock.sleep(POLL_S)
    raise AssertionError  # polling does not end
