"""Answers that their clients do not read, behind a real HAProxy."""

import socket
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from app.serving.haproxy import CLIENT_S
from tests.support.haproxy import ask, haproxy_before
from tests.support.http_server import HttpServer, Request

LONG = 64_000_000
"""Bytes of an answer: more than all buffers on its way take."""


class LongAnswers(HttpServer):
    """`cut` is set once an answer cannot be sent to its end."""

    def __init__(self) -> None:
        super().__init__()
        self.cut = threading.Event()

    def answer(self, request: Request) -> None:
        """A short answer at `/`, else a long one."""
        request.connection.settimeout(6 * CLIENT_S)
        try:
            request.send(200, b" " * (1 if request.path == "/" else LONG))
        except ConnectionError:
            self.cut.set()


@pytest.mark.skipif(sys.platform != "linux", reason="HAProxy's package is for Linux only")
def test_a_client_that_reads_nothing_loses_its_answer(tmp_path: Path) -> None:
    with LongAnswers() as server, haproxy_before(server.port, tmp_path) as address:
        ask(f"{address}/")  # it listens
        door = ("127.0.0.1", urlsplit(address).port or 0)
        with socket.create_connection(door) as client:
            client.sendall(b"GET /long HTTP/1.1\r\nHost: a\r\n\r\n")
            assert server.cut.wait(3 * CLIENT_S)
