"""A server with scripted answers, valid or not."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress

from app.api.problems import PROBLEM_JSON
from app.api.schemas import Problem
from tests.support.fakes import FakeStages

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


@asynccontextmanager
async def faulty(answers: Iterable[bytes]) -> AsyncIterator[str]:
    """The address of a server that returns these answers in turn."""
    remaining = iter(answers)

    async def handle(writer: asyncio.StreamWriter) -> None:
        writer.write(next(remaining))

    async with _serving(handle) as address:
        yield address


@asynccontextmanager
async def trickling(wait_s: float) -> AsyncIterator[str]:
    """The address of a server that sends a byte every `wait_s` seconds."""

    async def handle(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" ")
            await asyncio.sleep(wait_s)

    async with _serving(handle) as address:
        yield address


@asynccontextmanager
async def _serving(handle: Callable[[asyncio.StreamWriter], Awaitable[None]]) -> AsyncIterator[str]:
    """Handle each request but `-/healthz` by `handle`; wait for all handlers at the end."""
    handlers: set[asyncio.Task[None] | None] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handlers.add(asyncio.current_task())
        with suppress(
            OSError, asyncio.IncompleteReadError
        ):  # the client may disconnect at any time
            request = await reader.readuntil(b"\r\n\r\n")
            if b"healthz" in request:
                writer.write(answer(200, "ok"))
            else:
                await handle(writer)
            writer.close()
            await writer.wait_closed()

    async with await asyncio.start_server(connected, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    await asyncio.gather(*filter(None, handlers))
