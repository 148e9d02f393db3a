"""Upgrades in steps: a good version loses no request, a bad one is turned back in time."""

import json
from collections.abc import Callable

import pytest

from tests.chaos.busy import SLOWEST_S, BusyRelease, Event, busy
from tests.chaos.upgrades import (
    NO_INGRESS,
    upgrade_in_steps,
    upgrade_to_a_version_that_fails,
    upgrade_to_a_version_that_is_slow,
)
from tests.e2e.support import Release
from tests.e2e.test_upgrade import LIMIT

HURT = 0.01
"""The part of all requests during an upgrade to a bad version that may fail or be slow."""
IN_STEPS = {
    "upgrade": {
        "type": "NewClusterWithIncrementalUpgrade",
        "stepSizePercent": 10,
        "intervalSeconds": 20,
        "maxSurgePercent": 50,
        "gatewayClassName": "traefik",
    },
    "workers.cpu.minReplicas": 1,
    "workers.cpu.maxReplicas": 2,
    "autoscaler.idleTimeoutSeconds": 10,
}
Record = Callable[[str, object], None]


@pytest.fixture(scope="module")
def in_steps(release: Release) -> BusyRelease:
    """A release whose traffic moves to a new cluster in steps."""
    values = (f"{name}={json.dumps(value)}" for name, value in IN_STEPS.items())
    return busy(release, LIMIT, NO_INGRESS, *values)


def test_no_request_is_lost_when_traffic_moves_in_steps(
    in_steps: BusyRelease, time: int, record_property: Record
) -> None:
    measured = in_steps.during(upgrade_in_steps)
    record_property("row", measured.row(f"upgrade in steps, {time}"))
    assert measured.losses.reasons() == {}
    measured.assert_in_time()


@pytest.mark.parametrize(
    "event", [upgrade_to_a_version_that_fails, upgrade_to_a_version_that_is_slow]
)
def test_a_bad_version_is_turned_back_and_hurts_few_requests(
    in_steps: BusyRelease, event: Event, record_property: Record
) -> None:
    measured = in_steps.during(event)
    losses = measured.losses
    slow = sum(one.seconds > SLOWEST_S * measured.slower for one in losses.answers)
    record_property("row", measured.row(f"{event.__name__.replace('_', ' ')}; {slow} slow"))
    late = "504", "stream ended with problem"
    assert [one for one in losses.lost if not one.status.startswith(late)] == []
    assert len(losses.lost) + slow < HURT * len(losses.answers), (losses.reasons(), slow)
