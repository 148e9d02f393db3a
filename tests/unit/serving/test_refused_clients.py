"""HAProxy refuses by itself who is refused by replicas again and again."""

import sys
from collections.abc import Iterator
from functools import partial
from http import HTTPStatus
from pathlib import Path

import pytest

from app.api import digest_stream, outcomes
from app.core.errors import CACHED_ONLY, REFUSED_CLIENT
from app.serving import refused_clients
from tests.support.eventually import eventually
from tests.support.fakes import problem
from tests.support.haproxy import ask, haproxy_before
from tests.support.http_server import HttpServer, Request

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="HAProxy's package is for Linux only"
)
GREEDY, OTHER, IMPOSTOR = "127.0.0.2", "127.0.0.3", "127.0.0.4"
PATHS = refused_clients.PATHS
REMEMBERED, FORGOTTEN = ([f"{path}?term={term}" for path in PATHS] for term in ("a", "b"))


class Replica(HttpServer):
    """Refuses two clients, whose address is the last of the header, and answers others.

    It remembers the answers of two paths, and would give others to nobody whom HAProxy refuses.
    """

    def answer(self, request: Request) -> None:
        """Answer."""
        client = request.headers.get_all("X-Forwarded-For", [""])[-1]
        if request.path in REMEMBERED:
            request.send(200, b"remembered")
        elif CACHED_ONLY in request.headers:
            request.send(429, b"not cached")
        elif client in {GREEDY, IMPOSTOR}:
            request.send(429, b"too many", **{REFUSED_CLIENT: client})
        else:
            request.send(200, b"{}")


@pytest.fixture
def door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of an HAProxy that refuses the greedy client."""
    monkeypatch.setattr(refused_clients, "MOST", 5)  # a slow machine refuses few within the time
    monkeypatch.setattr(refused_clients, "TRIED_PER_S", 2)
    with Replica() as replica, haproxy_before(replica.port, tmp_path) as at:
        eventually("a refusal of HAProxy itself", lambda: is_refused(at, GREEDY), 60, 0.001)
        yield at


def is_refused(door: str, source: str, forwarded: str | None = None) -> bool:
    """Whether HAProxy itself refuses a POST of this address."""
    response = ask(door, {"X-Forwarded-For": forwarded} if forwarded else None, source, "POST")
    assert REFUSED_CLIENT not in response.headers
    if response.text in {"{}", "too many"}:
        return False
    assert problem(response)["status"] == HTTPStatus.TOO_MANY_REQUESTS
    assert response.headers["Retry-After"] == str(refused_clients.SECONDS)
    return True


def test_another_address_is_served(door: str) -> None:
    assert not is_refused(door, OTHER)


def test_an_address_behind_an_ingress_is_refused_too(door: str) -> None:
    """The ingress appends it to the header. What is before it was sent by the client."""
    for forwarded in (GREEDY, f"192.0.2.1, {GREEDY}"):
        eventually("a refusal", partial(is_refused, door, OTHER, forwarded), 60, 0.001)
    assert not is_refused(door, OTHER, f"{GREEDY}, 192.0.2.1")


def test_a_few_requests_of_a_refused_address_are_tried(door: str) -> None:
    for _ in range(3):
        eventually("a refusal of the replica", lambda: not is_refused(door, GREEDY), 60, 0.001)
        eventually("a refusal of HAProxy", lambda: is_refused(door, GREEDY), 60, 0.001)


def test_a_refused_address_gets_what_is_cached_and_nothing_else(door: str) -> None:
    def get(path: str = "") -> str:
        return ask(door + path, source=GREEDY).text

    eventually("a refusal of HAProxy", lambda: is_refused(door, GREEDY), 60, 0.001)
    assert {get(path) for path in REMEMBERED for _ in range(refused_clients.MOST)} == {"remembered"}
    for path in FORGOTTEN:
        is_marked = partial(lambda path: get(path) == "not cached", path)
        eventually("a GET that is marked", is_marked, 60, 0.001)
    eventually("a refusal of another GET", lambda: "most of your last" in get(), 60, 0.001)


def test_the_paths_of_cached_answers_are_those_of_the_api() -> None:
    assert refused_clients.PATHS == (outcomes.PATH, digest_stream.PATH)


def test_a_client_cannot_mark_its_request_itself(door: str) -> None:
    assert ask(door, {CACHED_ONLY: "1"}, OTHER).text == "{}"


def test_who_sends_the_address_of_a_refused_client_counts_itself(door: str) -> None:
    def passed() -> bool:
        return not is_refused(door, IMPOSTOR, GREEDY)

    for _ in range(refused_clients.MOST + 1):
        eventually("a refusal of the replica", passed, 60, 0.001)
    tries = range(refused_clients.TRIED_PER_S + 1)
    assert any(is_refused(door, IMPOSTOR) for _ in tries)
