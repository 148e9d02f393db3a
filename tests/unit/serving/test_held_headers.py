import asyncio
from collections.abc import AsyncIterator

from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from app.serving.held_headers import HeldHeaders
from tests.support.fakes import with_timeout


async def receive() -> Message:
    await asyncio.Event().wait()
    raise AssertionError


async def test_headers_are_sent_with_the_first_part_of_the_body() -> None:
    """Until then another replica can be asked instead."""
    sent: list[str] = []
    begun, goes_on = asyncio.Event(), asyncio.Event()

    async def send(message: Message) -> None:
        sent.append(message["type"])

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async def parts() -> AsyncIterator[bytes]:
            begun.set()
            await goes_on.wait()
            yield b"a"
            yield b"b"

        await StreamingResponse(parts())(scope, receive, send)

    responding = asyncio.create_task(HeldHeaders(app)({"type": "http"}, receive, send))
    await with_timeout(begun.wait())
    assert sent == []
    goes_on.set()
    await with_timeout(responding)
    assert sent == ["http.response.start", *["http.response.body"] * 3]
