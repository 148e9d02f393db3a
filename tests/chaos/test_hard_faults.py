"""Nodes, networks and memory that go away under load: little is lost, and all comes back."""

from collections.abc import Callable

import pytest

from tests.chaos.busy import BusyRelease, busy
from tests.chaos.conftest import row
from tests.chaos.hard_faults import (
    a_sandbox_is_killed,
    a_workers_node_is_dead,
    a_workers_node_is_silent,
    memory_runs_out,
    redis_is_silent,
    the_head_is_cut_off,
    the_heads_node_is_silent,
    tmp_is_full,
    whole,
    workers_are_cut_off_from_each_other,
)
from tests.chaos.losses import Losses
from tests.chaos.nodes import CONTROL, FIRST, placed, use_the_control_plane
from tests.e2e.support import Release

MOST_LOST = 0.001
ANNOTATED = (
    'ingress.annotations={"traefik.ingress.kubernetes.io/router.middlewares":"retry@file"}',
    'service.annotations={"traefik.ingress.kubernetes.io/service.serverstransport":"redial@file"}',
)
"""Let Traefik try another worker, and never reuse a connection to one that may be silent."""
Event = Callable[[Release], None]


@pytest.fixture(scope="module")
def apart(release: Release, image: str) -> BusyRelease:
    """A release with its head and its Redis on nodes without a worker."""
    use_the_control_plane(image)
    return busy(release, *placed(head=FIRST, redis=CONTROL), *ANNOTATED)


@pytest.mark.parametrize("event", [the_head_is_cut_off, the_heads_node_is_silent])
def test_nothing_is_lost_without_the_head(
    apart: BusyRelease, event: Event, record_property: Callable[[str, object], None]
) -> None:
    losses = recorded(apart, event, record_property)
    assert losses.reasons() == {}


@pytest.mark.parametrize(
    "event",
    [
        workers_are_cut_off_from_each_other,
        memory_runs_out,
        a_sandbox_is_killed,
        tmp_is_full,
        a_workers_node_is_dead,
        a_workers_node_is_silent,
    ],
)
def test_few_requests_are_lost_with_a_worker(
    apart: BusyRelease, event: Event, record_property: Callable[[str, object], None]
) -> None:
    """Those under way at its node: nobody else knows them."""
    losses = recorded(apart, event, record_property)
    assert len(losses.lost) <= MOST_LOST * len(losses.answers), losses.reasons()


def test_nothing_is_lost_without_redis(
    apart: BusyRelease, record_property: Callable[[str, object], None]
) -> None:
    """And the state is there when Redis is."""
    apart.release.upgrade(*placed(head=CONTROL, redis=FIRST))
    whole(apart.release)
    before = apart.release.replicas()
    assert recorded(apart, redis_is_silent, record_property).reasons() == {}
    assert apart.release.replicas() == before


def recorded(busy: BusyRelease, event: Event, record: Callable[[str, object], None]) -> Losses:
    """The answers during an event, which are a row of the table."""
    losses = busy.during(event)
    record("row", row(event.__name__.replace("_", " "), losses))
    return losses
