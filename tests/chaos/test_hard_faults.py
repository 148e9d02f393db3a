"""Nodes, networks and memory that go away under load: little is lost, and all comes back."""

from collections.abc import Callable

import pytest

from tests.chaos.busy import GENEROUS, P99_S, SLOWEST_S, BusyRelease, Event, Measured
from tests.chaos.hard_faults import (
    a_sandbox_is_killed,
    a_workers_node_is_dead,
    a_workers_node_is_silent,
    arrange,
    drivers_are_cut_off_from_a_stage,
    memory_runs_out,
    redis_is_dead,
    redis_is_silent,
    the_head_is_cut_off,
    the_heads_node_is_dead,
    the_heads_node_is_silent,
    tmp_is_full,
    workers_are_cut_off_from_each_other,
)
from tests.chaos.nodes import CONTROL, FIRST
from tests.e2e.support import LONG_S
from tests.support.eventually import eventually

MOST_LOST = 0.001
LOST_FOR_S = 10.0
"""Seconds after which nothing is lost any more."""
BACK_S = 10.0
"""Seconds after which a stage is called again once the network to it is back."""
WORKERS = (
    workers_are_cut_off_from_each_other,
    memory_runs_out,
    a_sandbox_is_killed,
    tmp_is_full,
    a_workers_node_is_dead,
)
HARD = (*WORKERS, a_workers_node_is_silent, the_head_is_cut_off)
"""Those after which all is as before."""
Record = Callable[[str, object], None]


@pytest.mark.parametrize(
    "event", [the_head_is_cut_off, the_heads_node_is_dead, the_heads_node_is_silent]
)
def test_nothing_is_lost_without_the_head(
    apart: BusyRelease, event: Event, time: int, record_property: Record
) -> None:
    arrange(apart.release, head=FIRST, redis=CONTROL)
    assert recorded(apart, event, time, record_property).losses.reasons() == {}


@pytest.mark.parametrize("event", [redis_is_silent, redis_is_dead])
def test_nothing_is_lost_without_redis(
    apart: BusyRelease, event: Event, time: int, record_property: Record
) -> None:
    """And the state is there when Redis is."""
    arrange(apart.release, head=CONTROL, redis=FIRST)
    before = apart.release.replicas()
    assert recorded(apart, event, time, record_property).losses.reasons() == {}
    assert apart.release.replicas() == before


@pytest.mark.parametrize("event", WORKERS)
def test_few_requests_are_lost_with_a_worker(
    apart: BusyRelease, event: Event, time: int, record_property: Record
) -> None:
    """Those under way at its node: nobody else knows them."""
    losses = recorded(apart, event, time, record_property).losses
    assert len(losses.lost) <= MOST_LOST * len(losses.answers), losses.reasons()


def test_few_requests_are_lost_and_soon_none_with_a_silent_worker(
    apart: BusyRelease, time: int, record_property: Record
) -> None:
    measured = recorded(apart, a_workers_node_is_silent, time, record_property)
    losses, since = measured.losses, measured.since
    assert since is not None
    assert len(losses.lost) <= MOST_LOST * len(losses.answers), losses.reasons()
    later = losses.due(since + LOST_FOR_S)
    assert later.reasons() == {}
    assert later.slowest_s < GENEROUS * SLOWEST_S * measured.slower


def test_a_driver_without_a_replica_of_a_stage_says_so_until_the_network_is_back(
    apart: BusyRelease, time: int, record_property: Record
) -> None:
    """It fails at once what it cannot call: other parts come in time."""
    release = apart.release
    release.upgrade("deployments.Entities.num_replicas=1")
    eventually("one replica is left", lambda: len(release.replicas("Entities")) == 1, LONG_S)
    measured = recorded(apart, drivers_are_cut_off_from_a_stage, time, record_property)
    losses, since = measured.losses, measured.since
    assert since is not None
    broken = [one for one in losses.lost if one.status != "degraded"]
    assert len(broken) <= MOST_LOST * len(losses.answers), losses.reasons()
    assert len(broken) < len(losses.lost)
    assert losses.due(since + BACK_S).reasons() == {}
    assert losses.percentile(0.99) < GENEROUS * P99_S * measured.slower


def recorded(busy: BusyRelease, event: Event, time: int, record: Record) -> Measured:
    """The answers during an event, which are a row of the table."""
    measured = busy.during(event)
    record("row", measured.row(f"{event.__name__.replace('_', ' ')}, {time}"))
    return measured
