"""A server that answers each request with the next of what it was given, good or bad."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress

from app.api.problems import PROBLEM_JSON
from app.api.schemas import Problem
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
    """The address of a server that gives these answers in turn."""
    left = iter(answers)

    async def one(writer: asyncio.StreamWriter) -> None:
        writer.write(next(left))

    async with _serving(one) as address:
        yield address


@asynccontextmanager
async def trickling(wait_s: float) -> AsyncIterator[str]:
    """The address of a server that sends a further byte after each such while."""

    async def one(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" ")
            await asyncio.sleep(wait_s)

    async with _serving(one) as address:
        yield address


@asynccontextmanager
async def _serving(one: Callable[[asyncio.StreamWriter], Awaitable[None]]) -> AsyncIterator[str]:
    """Let `one` answer each request, but for `-/healthz`; wait for it in the end."""
    under_way: set[asyncio.Task[None] | None] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        under_way.add(asyncio.current_task())
        with suppress(OSError, asyncio.IncompleteReadError):  # the client may go away at any time
            request = await reader.readuntil(b"\r\n\r\n")
            if b"healthz" in request:
                writer.write(answer(200, "well"))
            else:
                await one(writer)
            writer.close()
            await writer.wait_closed()

    async with await asyncio.start_server(connected, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    await asyncio.gather(*filter(None, under_way))
