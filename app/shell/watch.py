"""Watch a new version take over the traffic, and say why it should be turned back."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple, Protocol, TypeAlias

from app.core.errors import ShellError, Unreached
from app.shell.compare import CONFIRMED, complaint
from app.shell.objectives import Objectives
from app.shell.observation import UP, Observation, active, clusters, parts, returns
from app.shell.tallies import Tally, bound_s, by_replica, total
from app.shell.wait import Clock, Observed, settled

Replica: TypeAlias = tuple[str, str]
"""A Ray cluster and the name of a replica in it."""


class WatchTimes(NamedTuple):
    """In seconds: the deadline; how long to look after a switch at once; settling; between looks.

    Ray exports metrics every ten seconds.
    """

    timeout_s: float
    after_s: float
    settle_s: float = 5.0
    poll_s: float = 5.0


class Cluster(Observed, Protocol):
    """A RayService, and the metrics of its pods."""

    def metrics(self, cluster: str) -> list[str]:
        """The metrics of each worker of a Ray cluster that answers.

        Raises:
            Unreached: Kubernetes did not answer.
            ShellError: access is denied.
        """


def watch(
    cluster: Cluster,
    objectives: Objectives,
    times: WatchTimes,
    log: Callable[[str], None],
    clock: Clock = time,
) -> str:
    """Why the new version should be turned back; empty once it has all traffic and is good.

    A switch at once is watched for `after_s` longer.

    Raises:
        ShellError: there is no such RayService, access is denied, or somebody else has turned the
            new version back.
    """
    deadline = clock.monotonic() + times.timeout_s
    versions, ending = Versions(cluster, objectives, log), _Ending(times.after_s, clock)
    for service, seen in settled(cluster, times.settle_s, clock):
        if returns(service):
            raise ShellError("the new version is being turned back already")
        why = seen.fault or (versions.complaint(service) if service else "")
        if why:
            return why
        is_late = clock.monotonic() > deadline
        if ending.reached(service, seen) or (is_late and seen == UP):
            log(versions.summary())
            return ""
        log(seen.progress or "the new version has all traffic")
        if is_late:
            return f"not done after {times.timeout_s:g} s; last status: {seen.progress}"
        clock.sleep(times.poll_s)
    raise AssertionError  # polling does not end


class Versions:
    """What the old and the new version have answered since the first look.

    The old version is the Ray cluster that was active then; where no other appears, as after a
    change of settings, it is the replicas that ran then.
    """

    def __init__(
        self, cluster: Cluster, objectives: Objectives, log: Callable[[str], None]
    ) -> None:
        self._cluster = cluster
        self._objectives = objectives
        self._log = log
        self._active = ""
        self._before: dict[Replica, Tally] = {}
        self._seen: dict[Replica, Tally] = {}
        self._doubted: Tally | None = None

    def complaint(self, service: dict[str, Any]) -> str:
        """Look; what is wrong with the new version, if that holds for two times in a row.

        The second time only what was answered after the first one counts: the first answers of a
        new process are slow. Fewer of them are needed then.
        """
        self._look(service)
        new, old = self._new(), self._old()
        if self._doubted is not None:
            return complaint(new.since(self._doubted), old, self._objectives, CONFIRMED)
        why = complaint(new, old, self._objectives)
        if not why:
            return ""
        self._log(f"{why}: looking once more")
        self._doubted = new
        return ""

    def summary(self) -> str:
        """What the new version has answered."""
        new = self._new()
        if not new.requests:
            return "no request to a new version was found in its metrics, so it was not judged"
        counts = f"{new.failed:,.0f} failed, {new.slow:,.0f} answers were slow"
        return f"of the new version's {new.requests:,.0f} requests {counts}"

    def _look(self, service: dict[str, Any]) -> None:
        with suppress(Unreached):
            self._seen |= {
                (name, replica): tally
                for name in clusters(service)
                for text in self._cluster.metrics(name)
                for replica, tally in by_replica(text, bound_s(self._objectives.p95_s)).items()
            }
            if not self._active:
                self._active = active(service)
                self._before = {one: t for one, t in self._seen.items() if one[0] == self._active}

    def _is_old(self, replica: Replica) -> bool:
        if any(name != self._active for name, _ in self._seen):
            return replica[0] == self._active
        return replica in self._before

    def _new(self) -> Tally:
        return total(tally for one, tally in self._seen.items() if not self._is_old(one))

    def _old(self) -> Tally:
        """Failures since the first look, as earlier ones excuse none; all its times."""
        whole = total(tally for one, tally in self._seen.items() if self._is_old(one))
        gained = whole.since(total(self._before.values()))
        return gained._replace(timed=whole.timed, within=whole.within)


class _Ending:
    """Whether the new version has all traffic, and for long enough if it got that at once."""

    def __init__(self, after_s: float, clock: Clock) -> None:
        self._after_s = after_s
        self._clock = clock
        self._in_steps = False
        self._up_at: float | None = None

    def reached(self, service: dict[str, Any], seen: Observation) -> bool:
        _, *pending = parts(service.get("status", {})) or [{}]
        self._in_steps |= any("trafficRoutedPercent" in part for part in pending)
        if seen != UP:
            self._up_at = None
            return False
        now = self._clock.monotonic()
        self._up_at = now if self._up_at is None else self._up_at
        return self._in_steps or now - self._up_at >= self._after_s
