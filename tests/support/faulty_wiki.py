"""An HTTP server on loopback that answers like MediaWiki, except for injected faults.

Each fault replaces one answer, in order; later answers are correct.
"""

import json
import threading
from collections import deque
from collections.abc import Mapping
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType, TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qsl, urlsplit

from tests.support.tiny_wiki import TinyWiki

NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Fault(NamedTuple):
    """A faulty answer."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = NO_HEADERS
    promised: int | None = None
    """Content-Length, if it differs from the body's"""
    silent: bool = False
    """send nothing"""
    drips: bool = False
    """send single spaces for ever after the body"""


SLOW = Fault(silent=True)
DRIPPING = Fault(drips=True, promised=10**9)
HTML = Fault(b"<!DOCTYPE html><title>Wiki</title>")
TRUNCATED = Fault(b'{"query": {"search": [{"ti')
EMPTY = Fault(b"")
BLANK = Fault(b" \n")
CUT = Fault(b'{"query": ', promised=5_000)
HUGE = Fault(b'{"query": "' + b"x" * (17 * 2**20) + b'"}')
LIST = Fault(b"[1, 2]")
NOTHING = Fault(b'{"batchcomplete": ""}')
BROKEN_GZIP = Fault(b"not gzip at all", headers={"Content-Encoding": "gzip"})
DEEP = Fault(b"[" * 100_000)


def status(code: int, retry_after: str | None = None) -> Fault:
    """An error page of a proxy."""
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return Fault(b"<html>no</html>", code, headers)


def error(code: str, info: str, http: int = 200, retry_after: str | None = None) -> Fault:
    """An error in MediaWiki's own format."""
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return Fault(json.dumps({"error": {"code": code, "info": info}}).encode(), http, headers)


def answer_with(query: Any) -> Fault:
    """Valid JSON with an arbitrary `query`."""
    return Fault(json.dumps({"query": query}).encode())


class Received(NamedTuple):
    """A request, with its decoded query."""

    params: dict[str, str]
    headers: Mapping[str, str]


class FaultyWiki:
    """Serves `wiki` within the context; `requests` are those received so far."""

    def __init__(self, wiki: TinyWiki, *faults: Fault) -> None:
        self.wiki = wiki
        self.faults = deque(faults)
        self.requests: list[Received] = []
        self.closing = threading.Event()

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self))
        self.url = f"http://127.0.0.1:{self._server.server_port}/w/api.php"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def lists(self, name: str) -> int:
        """The number of requests for this `list` or `meta`."""
        return sum(name in (r.params.get("list"), r.params.get("meta")) for r in self.requests)


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, served: FaultyWiki, *args: Any) -> None:
        self.served = served  # set first: the base class serves the request in its __init__
        super().__init__(*args)

    def do_GET(self) -> None:
        params = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        self.served.requests.append(Received(params, dict(self.headers)))
        fault = self.served.faults.popleft() if self.served.faults else None
        self._send(fault or Fault(json.dumps(self.served.wiki.answer(params)).encode()))

    def _send(self, answer: Fault) -> None:
        if answer.silent:
            self.served.closing.wait()
            return
        self.send_response(answer.status)
        promised = len(answer.body) if answer.promised is None else answer.promised
        for name, value in {**answer.headers, "Content-Length": str(promised)}.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(answer.body)
            while answer.drips and not self.served.closing.wait(0.005):
                self.wfile.write(b" ")
        except OSError:  # the client has closed the connection
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Log nothing."""
