"""A release under a steady load: remembered digests, and new ones at half of what it can do."""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from app.sources.corpus import FOLDER
from tests.chaos.losses import Losses
from tests.chaos.open_loop import OpenLoad, Stream, capacity
from tests.e2e.support import LONG_S, MEDIUM_S, SHORT_S, Release
from tests.support.eventually import eventually

REQUESTS = 5_000
"""In each case, at least: if none is lost, less than .06 % are, with a confidence of 95 %."""
HOT_PER_S = 200.0
"""Remembered digests that are asked for on cores of usual speed; on slower ones fewer, in
proportion, so that the load leaves the same part of the machine to the new ones."""
MEASURED_S = 15.0
TASK = 2_000_000
"""Steps of the reference task."""
TASK_S = 0.1
"""Seconds of the task on a core of usual speed; two answer more than 12 new digests a second."""
P99_S, SLOWEST_S = 2.0, 5.0
"""What answers are to take at most on such cores; on slower ones longer, in proportion."""
GENEROUS = 3.0
"""How many times as long still passes: other machines' noise is not ours."""
TITLES = sorted(path.stem for path in FOLDER.glob("*.txt"))
HOT, COLD = TITLES[:4], TITLES[4:]
CACHED = 8
"""Digests that a replica keeps: the hot ones, which are asked for all the time, and few others."""


Event = Callable[[Release], float | None]
"""Something that happens to a release, which is whole again at the end. It returns the time of the
monotonic clock from which on something must be better, if that is earlier than its end."""


class Measured(NamedTuple):
    """The answers of a load, what the event returned, and how the machine was.

    `slower` is how many times longer than usual the reference task took before the load, and
    `per_s` the new digests a second.
    """

    losses: Losses
    since: float | None
    slower: float
    per_s: float

    def row(self, case: str) -> tuple[str, ...]:
        """A row of the table; `at most` is the part that is lost, with a confidence of 95 %."""
        losses = self.losses
        times = (losses.percentile(0.5), losses.percentile(0.99), losses.slowest_s, losses.pause_s)
        sent, lost = f"{len(losses.answers):,}", str(len(losses.lost))
        seconds = (f"{one:.2f} s" for one in times)
        machine = f"{self.per_s:.1f}/s", f"{self.slower * TASK_S * 1000:.0f} ms"
        return case, sent, lost, f"{losses.bound():.2%}", *seconds, *machine

    def assert_in_time(self) -> None:
        """No answer hung, and few were slow."""
        assert self.losses.percentile(0.99) < GENEROUS * P99_S * self.slower
        assert self.losses.slowest_s < GENEROUS * SLOWEST_S * self.slower


@dataclass(frozen=True)
class BusyRelease:
    """A release, and the new digests a second that it can make."""

    release: Release
    capacity: float

    def during(self, event: Event, load: float = 0.5) -> Measured:
        """The answers during an event, and after it until there are enough of them.

        New digests come at this part of the capacity.
        """
        slower, per_s = slowness(), self.capacity * load
        new = Stream("new", per_s, itertools.cycle(COLD))
        with OpenLoad(self.release.address, self.release.host, new, _hot(slower)) as sent:
            eventually("answers", lambda: sent.answered > HOT_PER_S, SHORT_S)
            since = event(self.release)
            eventually("all answers", lambda: sent.answered >= REQUESTS, LONG_S)
        return Measured(sent.losses, since, slower, per_s)


def busy(release: Release, *values: str) -> BusyRelease:
    """Install a release whose head's state is in Redis, and measure what it can do."""
    release.upgrade("faultTolerance.enabled=true", f"settings.digest.cache_size={CACHED}", *values)
    release.wait()
    eventually("the ingress routes traffic to the release", release.answers, MEDIUM_S)
    with OpenLoad(release.address, release.host, _hot(slowness())) as load:
        found = capacity(itertools.cycle(COLD), release.address, release.host, MEASURED_S)
    assert load.losses.lost == []
    return BusyRelease(release, found)


def _hot(slower: float) -> Stream:
    return Stream("remembered", HOT_PER_S / slower, itertools.cycle(HOT))


def slowness() -> float:
    """How many times longer than usual a fixed task takes now, at least 1; the best of three."""
    return max(1.0, min(_task_s() for _ in range(3)) / TASK_S)


def _task_s() -> float:
    started = time.monotonic()
    sum(n * n % 7 for n in range(TASK))
    return time.monotonic() - started
