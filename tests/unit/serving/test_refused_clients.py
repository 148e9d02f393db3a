"""HAProxy refuses by itself who is refused by replicas again and again."""

import sys
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest

from app.core.errors import REFUSED_CLIENT
from app.serving import haproxy
from tests.support.eventually import eventually
from tests.support.fakes import problem
from tests.support.haproxy import ask, haproxy_before
from tests.support.http_server import HttpServer, Request

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="HAProxy's package is for Linux only"
)
GREEDY, OTHER = "127.0.0.2", "127.0.0.3"


class Replica(HttpServer):
    """Refuses one client, which is the last address of the header, and answers others."""

    def answer(self, request: Request) -> None:
        """Answer."""
        client = request.headers.get_all("X-Forwarded-For", [""])[-1]
        if client == GREEDY:
            request.send(429, b"too many", **{REFUSED_CLIENT: client})
        else:
            request.send(200, b"{}")


@pytest.fixture
def door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of an HAProxy that refuses the greedy client."""
    monkeypatch.setattr(haproxy, "MOST_REFUSED", 5)  # a slow machine refuses few within the time
    with Replica() as replica, haproxy_before(replica.port, tmp_path) as at:
        eventually("a refusal of HAProxy itself", lambda: is_refused(at, GREEDY), 60, 0.001)
        yield at


def is_refused(door: str, source: str, forwarded: str | None = None) -> bool:
    """Whether HAProxy itself refuses a request of this address."""
    response = ask(door, {"X-Forwarded-For": forwarded} if forwarded else None, source)
    assert REFUSED_CLIENT not in response.headers
    if response.text in {"{}", "too many"}:
        return False
    assert problem(response)["status"] == HTTPStatus.TOO_MANY_REQUESTS
    assert response.headers["Retry-After"] == str(haproxy.REFUSED_S)
    return True


def test_another_address_is_served(door: str) -> None:
    assert not is_refused(door, OTHER)


def test_an_address_behind_an_ingress_is_refused_too(door: str) -> None:
    """The ingress appends it to the header. What is before it was sent by the client."""
    assert is_refused(door, OTHER, GREEDY)
    assert is_refused(door, OTHER, f"192.0.2.1, {GREEDY}")
    assert not is_refused(door, OTHER, f"{GREEDY}, 192.0.2.1")


def test_a_refused_address_is_asked_again_after_a_while(door: str) -> None:
    eventually("a refusal of the replica", lambda: not is_refused(door, GREEDY), 60, 0.5)
