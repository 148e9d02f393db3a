import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from app.serving.readiness import VARIABLE, HoldTimes, hold_until_routable
from tests.support.fake_clock import FakeClock

TIMES = HoldTimes(settle_s=5, deadline_s=60, every_s=0.25)


class HealthCheck(BaseHTTPRequestHandler):
    """Fails `failures` times, then passes."""

    calls = 0
    failures = 0

    def do_GET(self) -> None:
        cls = type(self)
        cls.calls += 1
        self.send_response(503 if cls.calls <= cls.failures else 200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def health(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[HealthCheck]]:
    """The health check that the environment names."""

    class Own(HealthCheck):
        pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Own) as server:
        threading.Thread(target=server.serve_forever).start()
        monkeypatch.setenv(VARIABLE, f"http://127.0.0.1:{server.server_port}/")
        yield Own
        server.shutdown()


def sleeps() -> list[float]:
    """The sleeps of a replica whose constructor takes no time."""
    clock = FakeClock()
    with hold_until_routable(TIMES, clock.monotonic, clock.sleep):
        pass
    return clock.slept


def test_a_new_cluster_waits_until_its_health_check_has_passed_for_a_while(
    health: type[HealthCheck],
) -> None:
    health.failures = 3
    assert sleeps() == [0.25, 0.25, 5]
    assert health.calls == 4


def test_a_replica_of_a_cluster_that_answers_does_not_wait(health: type[HealthCheck]) -> None:
    assert sleeps() == []
    assert health.calls == 1


def test_the_wait_ends_at_its_deadline(health: type[HealthCheck]) -> None:
    health.failures = 10**9
    assert sleeps() == [0.25] * 240
    assert health.calls == 241


def test_nothing_waits_without_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert sleeps() == []
