"""Servers with scripted answers, valid or not."""

from collections.abc import Iterable
from contextlib import suppress
from threading import Lock

from app.api.problems import PROBLEM_JSON
from app.api.schemas import Problem
from tests.support.fakes import FakeStages
from tests.support.http_server import HttpServer, Request

HEALTH = "/-/healthz"
CUT = b""
"""No answer: the connection is closed."""


def answer(status: int, body: str, kind: str = "text/html", *headers: str) -> bytes:
    """An HTTP answer that closes the connection."""
    lines = [
        f"HTTP/1.1 {status} X",
        f"Content-Type: {kind}",
        f"Content-Length: {len(body.encode())}",
        "Connection: close",
        *headers,
    ]
    return "\r\n".join([*lines, "", body]).encode()


def busy(status: int = 503, retry_after: str = "0") -> bytes:
    """The answer of an overloaded server."""
    problem = Problem(type="about:blank", title="Full", status=status, detail="no room")
    return answer(status, problem.model_dump_json(), PROBLEM_JSON, f"Retry-After: {retry_after}")


async def good() -> bytes:
    """An answer with a digest."""
    digest = await FakeStages().driver().digest("Ada")
    return answer(200, digest.model_dump_json(), "application/json")


class FaultyServer(HttpServer):
    """Returns these answers in turn, except to `/-/healthz`."""

    def __init__(self, answers: Iterable[bytes]) -> None:
        super().__init__()
        self._remaining = iter(answers)
        self._turn = Lock()

    def answer(self, request: Request) -> None:
        """Send the next answer."""
        with self._turn:
            is_check = request.path == HEALTH
            given = answer(200, "ok") if is_check else next(self._remaining)
        request.wfile.write(given)


class TricklingServer(HttpServer):
    """Sends a byte every `wait_s` seconds, except to `/-/healthz`."""

    def __init__(self, wait_s: float) -> None:
        super().__init__()
        self._wait_s = wait_s

    def answer(self, request: Request) -> None:
        """Send bytes until the client has closed the connection."""
        if request.path == HEALTH:
            request.wfile.write(answer(200, "ok"))
            return
        request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        with suppress(OSError):
            while not self.closing.wait(self._wait_s):
                request.wfile.write(b" ")
