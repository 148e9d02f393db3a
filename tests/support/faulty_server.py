"""A server that answers each request with the next of what it was given, good or bad."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from app.outcome import Problem
from app.problems import PROBLEM_JSON
from tests.support.fakes import FakeStages

CUT = b""
"""No answer: the connection is lost."""


def answer(status: int, body: str, kind: str = "text/html", *headers: str) -> bytes:
    """An HTTP answer, after which the connection is closed."""
    lines = [
        f"HTTP/1.1 {status} X",
        f"Content-Type: {kind}",
        f"Content-Length: {len(body.encode())}",
        "Connection: close",
        *headers,
    ]
    return "\r\n".join([*lines, "", body]).encode()


def busy(status: int = 503, retry_after: str = "0") -> bytes:
    """What a full server says."""
    problem = Problem(type="about:blank", title="Full", status=status, detail="no room")
    return answer(status, problem.model_dump_json(), PROBLEM_JSON, f"Retry-After: {retry_after}")


async def good() -> bytes:
    """A digest."""
    digest = await FakeStages().driver().digest("Ada")
    return answer(200, digest.model_dump_json(), "application/json")


@asynccontextmanager
async def faulty(answers: Iterable[bytes]) -> AsyncIterator[str]:
    """The address of a server that gives these answers in turn; `-/healthz` takes none of them."""
    left = iter(answers)

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        writer.write(answer(200, "well") if b"healthz" in request else next(left))
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(one, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
