from collections.abc import Iterator
from collections.abc import Set as AbstractSet

import pytest

from app.core.errors import StartError
from app.serving.readiness import VARIABLE, HoldReplica, HoldTimes, hold_until_routable
from tests.support.fake_clock import FakeClock
from tests.support.http_server import HttpServer, Request

TIMES = HoldTimes(settle_s=5, deadline_s=60, every_s=0.25)


class HealthCheck(HttpServer):
    """Fails `failures` times, and in the calls with a number of `failing`; else it passes."""

    calls = 0
    failures = 0
    failing: AbstractSet[int] = frozenset()

    def answer(self, request: Request) -> None:
        self.calls += 1
        fails = self.calls <= self.failures or self.calls in self.failing
        request.send(503 if fails else 200)


@pytest.fixture
def health(monkeypatch: pytest.MonkeyPatch) -> Iterator[HealthCheck]:
    """The health check that the environment names."""
    with HealthCheck() as server:
        monkeypatch.setenv(VARIABLE, server.address)
        yield server


def sleeps() -> list[float]:
    """The sleeps of a replica whose constructor takes no time."""
    clock = FakeClock()
    with hold_until_routable(TIMES, clock.monotonic, clock.sleep):
        pass
    return clock.slept


def test_a_new_cluster_waits_until_its_health_check_has_passed_for_a_while(
    health: HealthCheck,
) -> None:
    health.failures = 3
    assert sleeps() == (2 + 20) * [0.25]
    assert health.calls == 3 + 5 / 0.25


def test_a_health_check_that_fails_again_begins_anew(health: HealthCheck) -> None:
    health.failing = {1, 10}
    assert sleeps() == (9 + 20) * [0.25]


def test_a_replica_of_a_cluster_that_answers_does_not_wait(health: HealthCheck) -> None:
    assert sleeps() == []
    assert health.calls == 1


def test_a_replica_whose_cluster_never_answers_fails(health: HealthCheck) -> None:
    """So an upgrade to it does not succeed."""
    health.failures = 10**9
    with pytest.raises(StartError, match="has not passed within 60 s"):
        sleeps()
    assert health.calls == 242


def test_nothing_waits_without_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert sleeps() == []


def test_a_replica_that_only_holds_does_not_wait_in_a_cluster_that_answers(
    health: HealthCheck,
) -> None:
    HoldReplica()
    assert health.calls == 1
