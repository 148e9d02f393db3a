"""Half an hour of random faults at high load: nothing or little is lost, and nothing grows."""

import os
import random
import time
from collections.abc import Callable, Sequence
from functools import partial
from threading import Event as Wait

from tests.chaos.busy import BusyRelease, Event
from tests.chaos.test_hard_faults import HARD, MOST_LOST
from tests.chaos.test_soft_faults import SOFT
from tests.chaos.usage import Looked, grown, looked
from tests.e2e.support import Release

SEED = int(os.environ.get("CHAOS_SEED", time.time_ns() % 10_000))
SOAK_S = float(os.environ.get("CHAOS_S", "1800"))
EVERY_S = 120.0
LOAD, GROWTH = 0.8, 1.05
OLD = 4
"""Looks, one with each fault, which have seen a process that is old enough to be judged."""
Record = Callable[[str, object], None]


def test_nothing_is_lost_or_grows_in_half_an_hour_of_random_faults(
    steady: BusyRelease, record_property: Record
) -> None:
    """Faults replace processes: those that ran for eight minutes and longer are compared."""
    looks: list[Looked] = []
    measured = steady.during(partial(random_faults, SOFT, looks), LOAD)
    before, after = grown(looks, OLD)
    memory = f"{after.kib / before.kib:.1%} of the memory in {after.processes} processes"
    record_property("row", measured.row(f"random faults, seed {SEED}; {memory}"))
    assert measured.losses.reasons() == {}, SEED
    assert all(new <= GROWTH * old for old, new in zip(before, after, strict=True)), (before, after)


def test_none_is_taken_for_dead_in_half_an_hour_at_full_load(
    steady: BusyRelease, record_property: Record
) -> None:
    before = steady.release.replicas()
    measured = steady.during(nothing_happens, load=1)
    record_property("row", measured.row("full load"))
    assert steady.release.replicas() == before


def test_little_is_lost_in_half_an_hour_of_random_hard_faults(
    apart: BusyRelease, record_property: Record
) -> None:
    measured = apart.during(partial(random_faults, HARD, []))
    record_property("row", measured.row(f"random hard faults, seed {SEED}"))
    losses = measured.losses
    assert len(losses.lost) <= MOST_LOST * len(losses.answers), (SEED, losses.reasons())


def nothing_happens(_: Release) -> None:
    """For as long as random faults would."""
    Wait().wait(SOAK_S)


def random_faults(faults: Sequence[Event], looks: list[Looked], release: Release) -> None:
    """One each two minutes, or when the one before has ended."""
    chance, end = random.Random(SEED), time.monotonic() + SOAK_S
    while (begun := time.monotonic()) < end:
        looks.append(looked(release))
        chance.choice(faults)(release)
        Wait().wait(begun + EVERY_S - time.monotonic())
    looks.append(looked(release))
