"""What happens in the life of every cluster: 5,000 requests each time, and none is lost."""

import os
from collections.abc import Callable

import pytest

from tests.chaos.busy import BusyRelease
from tests.chaos.conftest import row
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
from tests.e2e.support import Release

TIMES = int(os.environ.get("CHAOS_TIMES", "1"))
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
SLOWEST = 300
"""An answer takes as long as this number of reference tasks at most: 30 s where one takes 0.1 s.
It is to find what hangs; the table has the seconds."""


@pytest.mark.parametrize("time", range(1, TIMES + 1))
@pytest.mark.parametrize("event", SOFT)
def test_no_request_is_lost(
    steady: BusyRelease,
    event: Callable[[Release], None],
    time: int,
    record_property: Callable[[str, object], None],
) -> None:
    losses = steady.during(event)
    record_property("row", row(f"{event.__name__.replace('_', ' ')}, {time}", losses))
    assert losses.reasons() == {}
    assert losses.slowest_s < SLOWEST * steady.reference_s
