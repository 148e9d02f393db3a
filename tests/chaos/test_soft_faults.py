"""What happens in the life of every cluster: 5,000 requests each time, and none is lost."""

from collections.abc import Callable

import pytest

from app.config.settings import DigestSettings
from tests.chaos.busy import BusyRelease, Event
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

OUT_S = 15.0
"""Seconds after which a replica that stalls gets no more requests."""
SOFT = (
    drain_a_node,
    evict_a_worker,
    restart_the_operator,
    kill_a_replica_of_a_stage,
    kill_a_replica_of_the_driver,
    stall_a_replica_of_a_stage,
    stall_a_replica_of_the_driver,
    delete_the_head,
    change_what_serve_changes_live,
    change_a_setting,
)
HEDGE_AFTER_S = DigestSettings().hedge_after_s


@pytest.mark.parametrize("event", [*SOFT, start_a_new_cluster])
def test_no_request_is_lost(
    steady: BusyRelease,
    event: Event,
    time: int,
    record_property: Callable[[str, object], None],
) -> None:
    measured = steady.during(event)
    record_property("row", measured.row(f"{event.__name__.replace('_', ' ')}, {time}"))
    assert measured.losses.reasons() == {}
    measured.assert_in_time()
    if measured.since is not None:
        assert_nobody_waits(measured.losses.due(measured.since + OUT_S))


def assert_nobody_waits(losses: Losses) -> None:
    """A replica that still gets its part of the calls would hold each until it is repeated."""
    for stream in ("new", "remembered"):
        assert losses.of(stream).percentile(0.75) < HEDGE_AFTER_S
