from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from app.serving.header_filter import REMOVED, HeaderFilter, middlewares

Headers = list[tuple[bytes, bytes]]


async def left(headers: Headers) -> Headers:
    """The headers of a request, as the application behind sees them."""
    seen: Headers = []

    async def application(scope: Scope, _: Receive, __: Send) -> None:
        seen.extend(scope["headers"])

    await HeaderFilter(application)({"type": "http", "headers": headers}, receive, send)
    return seen


async def receive() -> Message:
    """Nothing that is asked for."""
    raise AssertionError


async def send(_: Message) -> None:
    """Nothing that is told."""
    raise AssertionError


@pytest.mark.parametrize("name", sorted(REMOVED))
async def test_what_would_change_serves_own_timeout_is_taken_away(name: bytes) -> None:
    """However often it is said; the rest stays, in its order."""
    host, accept = (b"host", b"a"), (b"accept", b"*/*")
    assert await left([host, (name, b"0"), accept, (name, b"1")]) == [host, accept]


def test_serve_is_given_it() -> None:
    """By the function that the environment names."""
    expected: list[Any] = [HeaderFilter]
    assert expected == [middleware.cls for middleware in middlewares()]
