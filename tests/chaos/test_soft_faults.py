"""What happens in the life of every cluster: 5,000 requests each time, and none is lost."""

from collections.abc import Callable

import pytest

from app.config.settings import DigestSettings
from tests.chaos.busy import BusyRelease, Event
from tests.chaos.losses import Answer, Losses
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
TIME_UP_S = 45.0
"""Seconds after which its own go elsewhere: the chart's `requestTimeoutSeconds`, and some."""
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
ENDS_STREAMS = (kill_a_replica_of_the_driver, stall_a_replica_of_the_driver)
"""What cuts streams that have begun: these cannot be repeated."""
MOST_LOST = 0.001
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
    assert [one for one in measured.losses.lost if not had_begun(one, event)] == []
    assert len(measured.losses.lost) <= MOST_LOST * len(measured.losses.answers)
    if measured.since is None:
        measured.assert_in_time()
    else:
        measured.assert_in_time(TIME_UP_S)
        assert_nobody_waits(measured.losses.due(measured.since + OUT_S))


def had_begun(answer: Answer, event: Event) -> bool:
    """Whether it is a stream that broke off because its driver died or stalled."""
    return event in ENDS_STREAMS and answer.status == "ClientPayloadError"


def assert_nobody_waits(losses: Losses) -> None:
    """A replica that still gets its part of the calls would hold each until it is repeated."""
    for stream in ("new", "remembered"):
        assert losses.of(stream).percentile(0.75) < HEDGE_AFTER_S
