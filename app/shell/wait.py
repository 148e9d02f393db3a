"""Waiting until a RayService truly answers: its newest form, and with a digest."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

from yaml import YAMLError

from app.api.schemas import Item
from app.config.placement import Plan
from app.core.errors import ConfigError, ShellError, startup_error_in
from app.core.values import Digest, Status
from app.shell.sanitize import plain


class WaitTimes(NamedTuple):
    """Seconds to wait in all, for which a look must stay the same to count, and between looks.

    KubeRay looks every two seconds, and what it first says of a new Serve config was read before
    Serve had it.
    """

    timeout_s: float
    settle_s: float = 5.0
    every_s: float = 1.0


class Observation(NamedTuple):
    """What can be seen of a RayService now: how far it is, or why it will come no further."""

    step: str = ""
    fault: str = ""


UP = Observation()
SETTLING = Observation(step="seeing whether it stays so")


class Cluster(Protocol):
    """Where the RayService is."""

    def service(self) -> dict[str, Any]:
        """The RayService as Kubernetes has it.

        Raises:
            ShellError: there is none, or it may not be seen.
        """

    def pod_problems(self, clusters: list[str]) -> list[str]:
        """What keeps pods of these Ray clusters from starting, a sentence each."""

    def ask(self, term: str) -> Item:
        """What becomes of a term."""


class ProgressLog:
    """Says each new thing once, with the seconds since the beginning."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._begun = time.monotonic()
        self._last = ""

    def __call__(self, what: str) -> None:
        """Say it, unless that was said last."""
        if what != self._last:
            self._last = what
            self._say(f"[{time.monotonic() - self._begun:4.0f} s] {plain(what)}")


def wait(
    cluster: Cluster,
    term: str,
    patience: WaitTimes,
    tell: Callable[[str], None],
) -> Digest:
    """The digest of `term`, once the RayService's newest form serves it; `tell` hears each step.

    Raises:
        ShellError: it will not come to that, or has not in time.
    """
    deadline = time.monotonic() + patience.timeout_s
    for service, seen in _settled(cluster, patience.settle_s):
        if fault := seen.fault or unplaced(service):
            raise ShellError(fault)
        asked = cluster.ask(term) if seen == UP else None
        if asked and asked.digest and asked.digest.status is Status.OK:
            return asked.digest
        step = _unanswered(asked) if asked else seen.step
        told = "; ".join([step, *cluster.pod_problems(_clusters(service))])
        tell(told)
        if time.monotonic() > deadline:
            raise ShellError(f"not within {patience.timeout_s:g} s; the last that was seen: {told}")
        time.sleep(patience.every_s)
    raise AssertionError  # looks do not end


def _settled(cluster: Cluster, settle_s: float) -> Iterator[tuple[dict[str, Any], Observation]]:
    """The RayService, and a look at it; good or bad, it counts once it has stayed for so long."""
    before, since = None, 0.0
    while True:
        service = cluster.service()
        now = look(service)
        if now != before:
            before, since = now, time.monotonic()
        settled = now.step or time.monotonic() - since >= settle_s
        yield service, now if settled else SETTLING


def look(service: dict[str, Any]) -> Observation:
    """What the status of a RayService says, in the order in which it comes about.

    Source: rayservice_types.go and rayservice_controller.go of KubeRay 1.6. `Ready` alone stays
    true through upgrades, and says nothing of the applications.
    """
    status = service.get("status", {})
    conditions = {c["type"]: c for c in status.get("conditions", [])}
    ready, upgrade = conditions.get("Ready", {}), conditions.get("UpgradeInProgress", {})
    if ready.get("reason") in {"ValidationFailed", "InitializingTimeout"}:
        return Observation(fault=f"KubeRay gives up, {ready['reason']}: {ready.get('message', '')}")
    if status.get("observedGeneration") != service["metadata"]["generation"]:
        return Observation(step="KubeRay has not seen the newest change yet")
    applications = _applications(status)
    if faults := [_failure(name, told) for name, told in applications if _failed(told)]:
        return Observation(fault="\n".join(faults))
    upgrades = upgrade.get("status") == "True"
    if upgrades or not applications or any(a["status"] != "RUNNING" for _, a in applications):
        what = "a new cluster starts beside the one that answers" if upgrades else "starting"
        return Observation(step=what + _busy(applications))
    if ready.get("status") != "True":
        return Observation(step="no pod takes requests yet")
    return UP


def unplaced(service: dict[str, Any]) -> str:
    """Which replicas of a RayService that is not up will never fit its workers; empty if all do.

    A spec that cannot be read is for KubeRay and Serve to judge.
    """
    if look(service) == UP:
        return ""
    with suppress(ConfigError, YAMLError, LookupError, TypeError, ValueError, AttributeError):
        return "\n".join(Plan.of(service).least.faults)
    return ""


def _clusters(service: dict[str, Any]) -> list[str]:
    """The names of its Ray clusters: the one that answers, and the one that is to follow."""
    return [part["rayClusterName"] for part in _parts(service.get("status", {}))]


def _parts(status: dict[str, Any]) -> list[dict[str, Any]]:
    both = (status.get(f"{which}ServiceStatus", {}) for which in ("active", "pending"))
    return [part for part in both if part.get("rayClusterName")]


def _applications(status: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    parts = _parts(status)
    return [pair for part in parts for pair in part.get("applicationStatuses", {}).items()]


def _failed(application: dict[str, Any]) -> bool:
    return bool(application["status"] == "DEPLOY_FAILED")


def _failure(name: str, application: dict[str, Any]) -> str:
    """Our own error within what the replicas say, or all of that."""
    deployments = application.get("serveDeploymentStatuses", {}).values()
    said = "\n".join(part.get("message", "") for part in (application, *deployments))
    return f"{name} cannot be deployed: {startup_error_in(said)}"


def _busy(applications: list[tuple[str, dict[str, Any]]]) -> str:
    """Which deployments are not healthy yet."""
    busy = {
        f"{name} {told['status']}"
        for _, application in applications
        for name, told in application.get("serveDeploymentStatuses", {}).items()
        if told["status"] != "HEALTHY"
    }
    return ": " + ", ".join(sorted(busy)) if busy else ""


def _unanswered(item: Item) -> str:
    if item.problem:
        return f"asked for {item.term!r}: {item.problem.title} ({item.problem.status})"
    assert item.digest  # one of both
    lacks = ", ".join(missing.stage for missing in item.digest.missing)
    return f"asked for {item.term!r}: {item.digest.status.value}{lacks and f', lacks {lacks}'}"
