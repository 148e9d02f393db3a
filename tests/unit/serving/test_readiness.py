import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from app.serving.readiness import VARIABLE, hold_until_routable

SETTLE_S = 0.2


class Health(BaseHTTPRequestHandler):
    """A health check that answers well from the `first` look on."""

    looks = 0
    first = 0

    def do_GET(self) -> None:
        cls = type(self)
        cls.looks += 1
        self.send_response(200 if cls.looks > cls.first else 503)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def health(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Health]]:
    """The health check that the environment names."""

    class Own(Health):
        pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Own) as server:
        threading.Thread(target=server.serve_forever).start()
        monkeypatch.setenv(VARIABLE, f"http://127.0.0.1:{server.server_port}/")
        yield Own
        server.shutdown()


def taken(deadline_s: float = 10) -> float:
    """Seconds for which something that takes no time is held back."""
    started = time.monotonic()
    with hold_until_routable(SETTLE_S, deadline_s, every_s=0.01):
        pass
    return time.monotonic() - started


def test_a_new_cluster_waits_until_it_has_answered_for_a_while(health: type[Health]) -> None:
    """So that its workers are ready when requests come."""
    health.first = 3
    assert taken() >= SETTLE_S
    assert health.looks == 4


def test_what_starts_in_a_cluster_that_answers_does_not_wait(health: type[Health]) -> None:
    """A replica in place of another is needed at once."""
    assert taken() < SETTLE_S
    assert health.looks == 1


def test_a_worker_that_never_answers_is_not_waited_for(health: type[Health]) -> None:
    """Not beyond the deadline."""
    health.first = 10**9
    assert 0.1 <= taken(deadline_s=0.1) < 5


def test_elsewhere_nothing_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the chart sets the variable."""
    monkeypatch.delenv(VARIABLE, raising=False)
    assert taken() < SETTLE_S
