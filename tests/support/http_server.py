"""A small HTTP server in threads of this process, of which the servers of the tests are made."""

import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class Request(BaseHTTPRequestHandler):
    """A request, on a connection of its own."""

    timeout = 10

    def __init__(self, server: "HttpServer", *given: Any) -> None:
        self._to = server  # set first: the base class serves the request in its __init__
        super().__init__(*given)

    def do_GET(self) -> None:
        self._to.answer(self)

    do_HEAD = do_POST = do_PATCH = do_GET  # noqa: N815 - the names that the base class calls

    def body(self) -> bytes:
        """What was sent after the header."""
        return self.rfile.read(int(self.headers["Content-Length"]))

    def send(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Send a response with its length, unless `headers` have another."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that `server_close` waits for them
    request_queue_size = 128  # with the usual 5, clients connect again after a second


class HttpServer:
    """Serves at `address` from entry to exit, which ends all threads and connections."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self._host = host
        self.closing = threading.Event()

    def answer(self, request: Request) -> None:
        """Answer a request, in its thread; one that waits for long ends it once `closing` is set.

        For subclasses.
        """
        raise NotImplementedError

    def __enter__(self) -> Self:
        self._server = _Server((self._host, 0), partial(Request, self))
        self.port: int = self._server.server_port
        self.address = f"http://{self._host}:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
