"""A real HTTP server on loopback that answers like MediaWiki, but for faults that it is told of.

Each fault spoils one answer, in their order; the answers after them are right again.
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
    """An answer as it should not be."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = NO_HEADERS
    promised: int | None = None
    """bytes that the header promises, where that is not what comes"""
    delay_s: float = 0
    """seconds until it comes"""
    silent: bool = False
    """nothing comes at all"""
    drips: bool = False
    """spaces come, one after the other, for ever"""


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
    """An error page of some proxy."""
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return Fault(b"<html>no</html>", code, headers)


def error(code: str, info: str, http: int = 200, retry_after: str | None = None) -> Fault:
    """An error that MediaWiki itself reports."""
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return Fault(json.dumps({"error": {"code": code, "info": info}}).encode(), http, headers)


def odd(query: Any, delay_s: float = 0) -> Fault:
    """JSON that no MediaWiki would give."""
    return Fault(json.dumps({"query": query}).encode(), delay_s=delay_s)


class Asked(NamedTuple):
    """A request as it came."""

    params: dict[str, str]
    headers: Mapping[str, str]


class FaultyWiki:
    """Serves `wiki` between entering and leaving; `asked` is what it was asked."""

    def __init__(self, wiki: TinyWiki, *faults: Fault) -> None:
        self.wiki = wiki
        self.faults = deque(faults)
        self.asked: list[Asked] = []
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
        """How often it was asked for this list, or for this meta."""
        return sum(name in (a.params.get("list"), a.params.get("meta")) for a in self.asked)


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, served: FaultyWiki, *args: Any) -> None:
        self.served = served  # first: the base class serves the request while it is made
        super().__init__(*args)

    def do_GET(self) -> None:
        params = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        self.served.asked.append(Asked(params, dict(self.headers)))
        fault = self.served.faults.popleft() if self.served.faults else None
        self._send(fault or Fault(json.dumps(self.served.wiki.answer(params)).encode()))

    def _send(self, answer: Fault) -> None:
        if answer.silent or answer.delay_s:
            self.served.closing.wait(None if answer.silent else answer.delay_s)
        if answer.silent:
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
        except OSError:  # the client had enough
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Say nothing."""
