"""Half an hour of random soft faults at high load: nothing is lost, and nothing grows."""

import os
import random
import time
from collections.abc import Callable

from tests.chaos.busy import BusyRelease
from tests.chaos.conftest import row
from tests.chaos.test_soft_faults import SOFT
from tests.chaos.usage import usage
from tests.e2e.support import Release

SEED = int(os.environ.get("CHAOS_SEED", time.time_ns() % 10_000))
SOAK_S = float(os.environ.get("CHAOS_S", "1800"))
LOAD, GROWTH = 0.8, 1.05


def test_nothing_is_lost_or_grows_in_half_an_hour_of_random_faults(
    steady: BusyRelease, record_property: Callable[[str, object], None]
) -> None:
    """Each fault ends with new processes, as old as those that the first fault left."""
    steady.during(SOFT[0])
    before = usage(steady.release)
    losses = steady.during(random_faults, LOAD)
    after = usage(steady.release)
    memory = f"{after.kib / before.kib:.0%} of the memory"
    record_property("row", row(f"random faults, seed {SEED}; {memory}", losses))
    assert losses.reasons() == {}, SEED
    assert all(new <= GROWTH * old for old, new in zip(before, after, strict=True)), (before, after)


def random_faults(release: Release) -> None:
    """One after the other."""
    chance, end = random.Random(SEED), time.monotonic() + SOAK_S
    while time.monotonic() < end:
        chance.choice(SOFT)(release)
