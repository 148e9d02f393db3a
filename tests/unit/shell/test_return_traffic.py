import itertools
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from app.core.errors import ShellError, Unreached
from app.shell.exits import unwind_at_sigterm
from app.shell.return_traffic import redirected
from tests.support.fake_clock import FakeClock
from tests.support.rayservices import moving, service

TO_OLD, TO_NEW = ("r-2", "r-1"), ("r-2", "r-2")


class FakeCluster:
    """Its states in turn; the last one stays. An error is raised in place of a state."""

    def __init__(self, *states: dict[str, Any] | Unreached, is_denied: bool = False) -> None:
        self._states = itertools.chain(states, itertools.repeat(states[-1]))
        self._is_denied = is_denied
        self.redirects: list[tuple[str, str]] = []

    def service(self) -> dict[str, Any]:
        found = next(self._states)
        if isinstance(found, Unreached):
            raise found
        return found

    def redirect(self, cluster: str, to: str) -> None:
        if self._is_denied:
            raise ShellError("no right to patch services")
        self.redirects.append((cluster, to))


def rolled_back(cluster: FakeCluster, timeout_s: float = 600) -> tuple[list[str], FakeClock]:
    """What was logged during a rollback, and the clock."""
    said: list[str] = []
    clock = FakeClock()
    with redirected(cluster, timeout_s, said.append, clock):
        said.append("helm rollback")
    return said, clock


def test_the_old_version_answers_before_the_rollback_until_the_new_one_has_gone() -> None:
    cluster = FakeCluster(moving(10), moving(10), moving(5, returns=True), moving(0), service())
    said, clock = rolled_back(cluster)
    assert cluster.redirects == [TO_OLD]
    assert said[:2] == ["the old version answers all requests", "helm rollback"]
    assert "5 % of the traffic" in said[3]
    assert clock.slept == [5, 2, 2, 2]


@pytest.mark.parametrize(
    "state",
    [service(), service(upgrade="True"), moving(0)],
    ids=["settings", "at once", "in steps, without traffic"],
)
def test_nothing_is_changed_where_the_new_version_has_no_share(state: dict[str, Any]) -> None:
    cluster = FakeCluster(state)
    said, clock = rolled_back(cluster)
    assert (said, clock.slept, cluster.redirects) == (["helm rollback"], [], [])


def test_an_old_version_with_fewer_replicas_does_not_get_all_traffic_at_once() -> None:
    state = moving(60)
    state["status"]["activeServiceStatus"]["targetCapacity"] = 50
    cluster = FakeCluster(state)
    assert rolled_back(cluster)[0] == ["helm rollback"]
    assert cluster.redirects == []


def test_without_the_right_to_patch_services_traffic_returns_in_steps() -> None:
    said, clock = rolled_back(FakeCluster(moving(10), is_denied=True))
    assert said == ["no right to patch services: traffic returns in steps", "helm rollback"]
    assert clock.slept == []


def test_a_rollback_that_fails_leaves_the_new_version_its_share() -> None:
    cluster = FakeCluster(moving(10))
    with (
        pytest.raises(ShellError, match="no revision"),
        redirected(cluster, 60, print, FakeClock()),
    ):
        raise ShellError("no revision")
    assert cluster.redirects == [TO_OLD, TO_NEW]


@pytest.fixture
def sigterm() -> Iterator[None]:
    """The handler of SIGTERM is restored."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("sigterm")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_watch_that_is_ended_before_the_rollback_leaves_the_new_version_its_share(
    number: signal.Signals,
) -> None:
    class Interrupted(FakeClock):
        def sleep(self, _: float) -> None:
            signal.raise_signal(number)

    unwind_at_sigterm()
    cluster = FakeCluster(moving(10))
    with (
        pytest.raises((KeyboardInterrupt, SystemExit)),
        redirected(cluster, 60, print, Interrupted()),
    ):
        pass
    assert cluster.redirects == [TO_OLD, TO_NEW]


def test_a_new_version_that_gets_traffic_once_more_answers_it() -> None:
    """As after another `helm upgrade`; once the old cluster is gone, nobody else can."""
    cluster = FakeCluster(moving(10), moving(5, returns=True), moving(10))
    rolled_back(cluster)
    assert cluster.redirects == [TO_OLD, TO_NEW]


def test_a_kubernetes_out_of_reach_is_asked_again() -> None:
    cluster = FakeCluster(moving(10), moving(5, returns=True), Unreached("timed out"), service())
    said, _ = rolled_back(cluster)
    assert cluster.redirects == [TO_OLD]
    assert said[-1] == "timed out"


def test_the_wait_for_the_return_has_a_deadline() -> None:
    cluster = FakeCluster(moving(10))
    _, clock = rolled_back(cluster, timeout_s=20)
    assert cluster.redirects == [TO_OLD]
    assert sum(clock.slept) < 30
