"""The base of the servers of the tests."""

import socket
import threading

from tests.support.http_server import HttpServer, Request


class Silent(HttpServer):
    """Answers nobody; `begun` is set once it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = threading.Event()

    def answer(self, _: Request) -> None:
        self.begun.set()
        self.closing.wait()


def test_its_end_ends_a_request_its_connection_and_all_threads() -> None:
    before = set(threading.enumerate())
    with Silent() as server:
        port = int(server.address.rpartition(":")[2])
        client = socket.create_connection(("127.0.0.1", port), 5)
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert server.begun.wait(5)
    with client:
        assert client.recv(1) == b""
    assert set(threading.enumerate()) <= before
