"""An HTTP server on loopback that answers like MediaWiki, except for injected faults.

Each fault replaces one answer, in order; later answers are correct.
"""

import json
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from tests.support.http_server import HttpServer, Request
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


class FaultyWiki(HttpServer):
    """Serves `wiki` at `url`; `requests` are those received so far.

    None among `faults` is a correct answer.
    """

    def __init__(self, wiki: TinyWiki, *faults: Fault | None, host: str = "127.0.0.1") -> None:
        super().__init__(host)
        self.wiki = wiki
        self.faults: deque[Fault | None] = deque(faults)
        self.requests: list[Received] = []

    @property
    def url(self) -> str:
        """The address of its `api.php`."""
        return f"{self.address}/w/api.php"

    def fault(self, _params: dict[str, str]) -> Fault | None:
        """The fault that replaces the answer to a request."""
        return self.faults.popleft() if self.faults else None

    def lists(self, name: str) -> int:
        """The number of requests for this `list` or `meta`."""
        return sum(name in (r.params.get("list"), r.params.get("meta")) for r in self.requests)

    def answer(self, request: Request) -> None:
        """Send the next fault, or the answer of the wiki."""
        params = dict(parse_qsl(urlsplit(request.path).query, keep_blank_values=True))
        self.requests.append(Received(params, dict(request.headers)))
        found = self.fault(params) or Fault(json.dumps(self.wiki.answer(params)).encode())
        if found.silent:
            self.closing.wait()
            return
        promised = len(found.body) if found.promised is None else found.promised
        with suppress(OSError):  # the client has closed the connection
            request.send(
                found.status, found.body, **{**found.headers, "Content-Length": str(promised)}
            )
            while found.drips and not self.closing.wait(0.005):
                request.wfile.write(b" ")
