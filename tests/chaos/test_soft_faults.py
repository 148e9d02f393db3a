"""What happens in the life of every cluster: 5,000 requests each time, and none is lost."""

from collections.abc import Callable

import pytest

from app.config.settings import DigestSettings
from tests.chaos.busy import GENEROUS, SLOWEST_S, BusyRelease, Event
from tests.chaos.losses import Losses
from tests.chaos.upgrades import start_a_new_cluster
from tests.e2e.events import (
    change_a_setting,
    change_what_serve_changes_live,
    delete_the_head,
    drain_a_node,
    evict_a_worker,
    kill_a_replica_of_a_stage,
    kill_a_replica_of_the_driver,
    restart_the_operator,
    stall_a_replica_of_a_stage,
    stall_a_replica_of_the_driver,
)
from tests.e2e.load import SLOWEST_S as REQUEST_S

OUT_S = 15.0
"""Seconds after which a replica that stalls gets no more requests."""
IN_TIME = (
    drain_a_node,
    evict_a_worker,
    restart_the_operator,
    kill_a_replica_of_a_stage,
    kill_a_replica_of_the_driver,
    stall_a_replica_of_a_stage,
    delete_the_head,
    change_what_serve_changes_live,
    change_a_setting,
)
SOFT = (*IN_TIME, stall_a_replica_of_the_driver)
HEDGE_AFTER_S = DigestSettings().hedge_after_s
Record = Callable[[str, object], None]


@pytest.mark.parametrize("event", [*IN_TIME, start_a_new_cluster])
def test_no_request_is_lost(
    steady: BusyRelease, event: Event, time: int, record_property: Record
) -> None:
    measured = steady.during(event)
    record_property("row", measured.row(f"{event.__name__.replace('_', ' ')}, {time}"))
    assert measured.losses.reasons() == {}
    measured.assert_in_time()
    if measured.since is not None:
        assert_nobody_waits(measured.losses.due(measured.since + OUT_S))


def test_no_request_is_lost_or_late_once_a_driver_that_stalls_is_out(
    steady: BusyRelease, time: int, record_property: Record
) -> None:
    """Those that it has already go to another one when their time is up: HAProxy knows no more."""
    measured = steady.during(stall_a_replica_of_the_driver)
    losses, since = measured.losses, measured.since
    record_property("row", measured.row(f"stall a replica of the driver, {time}"))
    assert since is not None
    assert losses.reasons() == {}
    later = measured._replace(losses=losses.due(since + OUT_S))
    later.assert_in_time()
    assert_nobody_waits(later.losses)
    assert losses.slowest_s < REQUEST_S + GENEROUS * SLOWEST_S * measured.slower


def assert_nobody_waits(losses: Losses) -> None:
    """A replica that still gets its part of the calls would hold each until it is repeated."""
    for stream in ("new", "remembered"):
        assert losses.of(stream).percentile(0.75) < HEDGE_AFTER_S
