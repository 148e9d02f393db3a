"""Nodes, networks and memory that go away under load: little is lost, and all comes back."""

import itertools
import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from urllib.parse import quote

import pytest

from tests.chaos.busy import COLD, BusyRelease, busy
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
from tests.chaos.nodes import CONTROL, FIRST, cut, placed, use_the_control_plane
from tests.e2e.support import LONG_S, Release
from tests.support.eventually import eventually

MOST_LOST = 0.001
BACK_S = 10.0
"""Seconds after which a stage is called again once the network to it is back."""
ANNOTATED = (
    'ingress.annotations={"traefik.ingress.kubernetes.io/router.middlewares":"again@file,retry@file"}',
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


def test_a_driver_without_a_replica_of_a_stage_says_so_until_the_network_is_back(
    apart: BusyRelease,
) -> None:
    """It fails at once what it cannot call: other parts come in time."""
    release = apart.release
    release.upgrade("deployments.Entities.num_replicas=1")
    eventually("one replica is left", lambda: len(release.replicas("Entities")) == 1, LONG_S)
    (where,) = release.replicas("Entities")
    workers = release.ready("worker")
    called = workers.pop(where.split()[0])
    (caller,) = workers.values()
    terms = itertools.cycle(COLD)
    with cut(caller.spec.node_name, caller.status.pod_ip, [called.status.pod_ip]):
        refused = {"entities": "no replica of the stage answers"}
        look = partial(_is_missing, release, caller, terms, refused)
        eventually("a digest without entities", look, LONG_S)
    eventually("a whole digest", partial(_is_missing, release, caller, terms, {}), BACK_S)


def _is_missing(release: Release, pod: Any, terms: Iterator[str], expected: object) -> bool:
    """Whether the next digest of this pod lacks what is expected, with these reasons."""
    url = f"http://127.0.0.1:8000/v1/digest?term={quote(next(terms))}"
    read = f"import urllib.request as u; print(u.urlopen({url!r}, timeout=60).read().decode())"
    found = json.loads(release.inside(pod.metadata.name, "python", "-c", read))
    return {one["stage"]: one["reason"] for one in found["missing"]} == expected


def recorded(busy: BusyRelease, event: Event, record: Callable[[str, object], None]) -> Losses:
    """The answers during an event, which are a row of the table."""
    losses = busy.during(event)
    record("row", row(event.__name__.replace("_", " "), losses))
    return losses
