"""Clients that send slowly, or nothing, to `wiki-digest serve`; everybody else is answered."""

import resource
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial

import pytest
import requests

from app.serving.haproxy import CLIENT_S, MOST_UNREAD
from devtools.server import Server

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="HAProxy is for Linux only")

LATEST_S = CLIENT_S + 10
"""The end of a slow client's connection, on a busy machine."""
OTHERS_S = CLIENT_S - 1
"""The longest wait of everybody else, on a busy machine: less than a slow client may take."""
HALF_A_HEADER = b"GET / HTTP/1.1\r\nHost: "
NO_BODY = b"POST /v1/digests HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n"
PART_OF_A_BODY = NO_BODY + 20_000 * b" "


@pytest.fixture(scope="module")
def served() -> Iterator[Server]:
    """A server whose answers take two seconds longer than a client may be silent."""
    wait = "sentiment.batch.batch_wait_timeout_s=10"
    slow = (wait, "summarizer.batch.batch_wait_timeout_s=2", "placement=fused")
    with Server(*slow) as started:
        assert requests.get(f"{started.address}/v1/digest?term=ada+lovelace", timeout=40).ok
        yield started


@contextmanager
def clients(server: Server, count: int, sent: bytes) -> Iterator[list[socket.socket]]:
    """Connections that have sent this much."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with ExitStack() as held:
        at = ("127.0.0.1", server.port)
        opened = []
        for _ in range(count):
            opened.append(held.enter_context(socket.create_connection(at, 60)))
            opened[-1].sendall(sent)
        yield opened


def rest(client: socket.socket) -> bytes:
    """All that the server still sends until it closes the connection."""
    client.settimeout(LATEST_S)
    got = b""
    with suppress(ConnectionResetError):
        while part := client.recv(4096):
            got += part
    return got


def others_are_answered(server: Server, seconds: float) -> None:
    """Ask for something known again and again, for so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        digest = f"{server.address}/v1/digest?term=ada+lovelace"
        assert requests.get(digest, timeout=OTHERS_S).json()["cached"]


def test_others_are_answered_while_8400_clients_send_half_a_header(served: Server) -> None:
    with clients(served, 8400, HALF_A_HEADER) as slow:
        others_are_answered(served, CLIENT_S)
        assert {rest(client)[:13] for client in slow} == {b"HTTP/1.1 408 "}


def test_others_are_answered_while_2200_clients_send_no_body(served: Server) -> None:
    with clients(served, 2200, NO_BODY) as slow:
        others_are_answered(served, CLIENT_S)
        assert {rest(client)[:13] for client in slow} == {b"HTTP/1.1 408 "}


def test_others_are_answered_while_2200_clients_send_part_of_a_body(served: Server) -> None:
    with clients(served, 2200, PART_OF_A_BODY) as slow:
        others_are_answered(served, CLIENT_S)
        answers = [rest(client) for client in slow]
    statuses = Counter(answer[9:12] for answer in answers)
    assert statuses[b"503"] > 2200 - 2 * MOST_UNREAD
    assert statuses.keys() == {b"408", b"503"}
    assert all(b"application/problem+json" in answer for answer in answers)


def test_a_header_over_16_kib_is_refused(served: Server) -> None:
    """The connection ends; the answer may be lost with what was not read."""
    for size, ends in ((12_000, (b"HTTP/1.1 200",)), (17_000, (b"HTTP/1.1 400", b""))):
        closed = b"\r\nConnection: close\r\nX-Long: " + b"a" * size + b"\r\n\r\n"
        with clients(served, 1, b"GET /v1/models HTTP/1.1\r\nHost: a" + closed) as (client,):
            assert rest(client)[:12] in ends


def end_of_drip(server: Server, sent: bytes) -> bytes:
    """The answer to a client that sends a byte a second after this; empty if there is none."""
    with clients(server, 1, sent) as (client,):
        client.settimeout(1)
        for _ in range(LATEST_S):
            with suppress(TimeoutError):
                return client.recv(4096)
            client.sendall(b" ")
    return b""


def test_a_byte_at_a_time_does_not_extend_the_deadline(served: Server) -> None:
    sent = (HALF_A_HEADER, NO_BODY, PART_OF_A_BODY)
    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(partial(end_of_drip, served), sent))
    assert [answer[:13] for answer in answers] == [b"HTTP/1.1 408 "] * 3
    assert all(b"application/problem+json" in answer for answer in answers[1:])


def test_a_stream_outlives_the_time_for_a_silent_client(served: Server) -> None:
    started = time.monotonic()
    response = requests.get(f"{served.address}/v1/digest/stream?term=kyoto", timeout=40)
    assert time.monotonic() - started > CLIENT_S
    assert "event: digest" in response.text
