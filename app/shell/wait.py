"""Wait until the latest generation of a RayService serves a digest."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

from yaml import YAMLError

from app.api.schemas import Item
from app.config.placement import Plan
from app.core.errors import ConfigError, ShellError, Unreached
from app.core.values import Digest, Status
from app.shell.observation import SETTLING, UP, Observation, observe
from app.shell.sanitize import plain


class WaitTimes(NamedTuple):
    """The timeout, the time for which a status must stay the same, and the poll interval, in s.

    KubeRay polls Serve every two seconds; its first status of a new Serve config may be older than
    the config.
    """

    timeout_s: float
    settle_s: float = 5.0
    poll_s: float = 1.0


class Clock(Protocol):
    """The functions of the module `time` that are used here."""

    def monotonic(self) -> float:
        """Seconds since an arbitrary start."""

    def sleep(self, seconds: float, /) -> None:
        """Block for `seconds`."""


class Observed(Protocol):
    """A RayService."""

    def service(self) -> dict[str, Any]:
        """The RayService as Kubernetes returns it.

        Raises:
            Unreached: Kubernetes did not answer.
            ShellError: there is none, or access is denied.
        """


class Cluster(Observed, Protocol):
    """A RayService, its pods, and what it answers."""

    def pod_problems(self, service: dict[str, Any]) -> list[str]:
        """Why pods of a RayService do not start, or are not reached; a sentence each."""

    def ask(self, term: str) -> Item:
        """The item of a term.

        Raises:
            ShellError: the key is not valid, or one is needed.
        """


class ProgressLog:
    """Prints each message once, with the seconds since the start."""

    def __init__(self, print_line: Callable[[str], None], clock: Clock = time) -> None:
        self._print_line = print_line
        self._clock = clock
        self._started_at = clock.monotonic()
        self._last = ""

    def __call__(self, message: str) -> None:
        """Print it, unless it repeats the last one."""
        if message != self._last:
            self._last = message
            seconds = self._clock.monotonic() - self._started_at
            self._print_line(f"[{seconds:4.0f} s] {plain(message)}")


def wait(
    cluster: Cluster,
    term: str,
    times: WaitTimes,
    log: Callable[[str], None],
    clock: Clock = time,
) -> Digest:
    """The digest of `term`, once the RayService's latest generation serves it; log the progress.

    Once Kubernetes has answered, it may be out of reach until the time is up.

    Raises:
        ShellError: the RayService has failed, refuses the key, or the time is up.
    """
    deadline = clock.monotonic() + times.timeout_s
    for service, seen in settled(cluster, times.settle_s, clock):
        if seen.fault:
            raise ShellError(seen.fault)
        item, progress = _asked(cluster, term) if seen == UP else (None, seen.progress)
        if item and item.digest and item.digest.status is Status.OK:
            return item.digest
        problems = [*unplaced(service), *_pod_problems(cluster, service)]
        message = "; ".join([progress, *problems])
        log(message)
        if clock.monotonic() > deadline:
            raise ShellError(f"timed out after {times.timeout_s:g} s; last status: {message}")
        clock.sleep(times.poll_s)
    raise AssertionError  # polling does not end


def _asked(cluster: Cluster, term: str) -> tuple[Item | None, str]:
    """The item of `term`, and what is wrong unless it is a whole digest."""
    try:
        item = cluster.ask(term)
    except Unreached as error:
        return None, str(error)
    return item, _failed_request(item)


def _pod_problems(cluster: Cluster, service: dict[str, Any]) -> list[str]:
    with suppress(Unreached):
        return cluster.pod_problems(service)
    return []


def settled(
    cluster: Observed, settle_s: float, clock: Clock
) -> Iterator[tuple[dict[str, Any], Observation]]:
    """Poll the RayService; `UP` or a fault counts once it has lasted for `settle_s`."""
    service: dict[str, Any] | Observation = cluster.service()
    before, since = None, 0.0
    while True:
        if isinstance(service, Observation):
            yield {}, service
        else:
            now = observe(service)
            if now != before:
                before, since = now, clock.monotonic()
            is_settled = now.progress or clock.monotonic() - since >= settle_s
            yield service, now if is_settled else SETTLING
        service = _service(cluster)


def _service(cluster: Observed) -> dict[str, Any] | Observation:
    """The RayService, or that it is out of reach."""
    try:
        return cluster.service()
    except Unreached as error:
        return Observation(progress=str(error))


def unplaced(service: dict[str, Any]) -> list[str]:
    """A sentence for each deployment whose minimum replicas do not fit the workers.

    Empty for a spec that cannot be read: KubeRay and Serve report that.
    """
    with suppress(ConfigError, YAMLError, LookupError, TypeError, ValueError, AttributeError):
        return Plan.of(service).least.faults
    return []


def _failed_request(item: Item) -> str:
    if item.problem:
        return f"the digest of {item.term!r} failed: {item.problem.title} ({item.problem.status})"
    assert item.digest  # an item has a problem or a digest
    missing = ", ".join(part.stage for part in item.digest.missing)
    status = item.digest.status.value
    return f"the digest of {item.term!r} is {status}{missing and f', without {missing}'}"
