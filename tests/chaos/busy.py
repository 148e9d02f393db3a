"""A release under a steady load: remembered digests, and new ones at half of what it can do."""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass

from app.sources.corpus import FOLDER
from tests.chaos.losses import Losses
from tests.chaos.open_loop import OpenLoad, Stream, capacity
from tests.e2e.support import LONG_S, MEDIUM_S, SHORT_S, Release
from tests.support.eventually import eventually

REQUESTS = 5_000
"""In each case, at least: if none is lost, less than .06 % are, with a confidence of 95 %."""
HOT_PER_S = 200.0
MEASURED_S = 15.0
TASK = 2_000_000
"""Steps of the reference task: about 0.1 s on a core that has nothing else to do."""
TITLES = sorted(path.stem for path in FOLDER.glob("*.txt"))
HOT, COLD = TITLES[:4], TITLES[4:]
CACHED = 8
"""Digests that a replica keeps: the hot ones, which are asked for all the time, and few others."""


@dataclass(frozen=True)
class BusyRelease:
    """A release, the new digests a second that it can make, and the seconds of `reference`."""

    release: Release
    capacity: float
    reference_s: float

    def during(self, event: Callable[[Release], None], load: float = 0.5) -> Losses:
        """The answers during an event, and after it until there are enough of them.

        New digests come at this part of the capacity.
        """
        cold = Stream("new", self.capacity * load, itertools.cycle(COLD))
        with OpenLoad(self.release.address, self.release.host, _hot(), cold) as sent:
            eventually("answers", lambda: sent.answered > HOT_PER_S, SHORT_S)
            event(self.release)
            eventually("all answers", lambda: sent.answered >= REQUESTS, LONG_S)
        return sent.losses


def busy(release: Release, *values: str) -> BusyRelease:
    """Install a release whose head's state is in Redis, and measure what it can do."""
    release.upgrade("faultTolerance.enabled=true", f"settings.digest.cache_size={CACHED}", *values)
    release.wait()
    eventually("the ingress routes traffic to the release", release.answers, MEDIUM_S)
    with OpenLoad(release.address, release.host, _hot()) as load:
        found = capacity(itertools.cycle(COLD), release.address, release.host, MEASURED_S)
        task_s = reference()
    assert load.losses.lost == []
    return BusyRelease(release, found, task_s)


def _hot() -> Stream:
    return Stream("remembered", HOT_PER_S, itertools.cycle(HOT))


def reference() -> float:
    """Seconds of a fixed task, beside the load: how slow this machine is now."""
    started = time.monotonic()
    sum(n * n % 7 for n in range(TASK))
    return time.monotonic() - started
