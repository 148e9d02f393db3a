from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from app.api.request_context import WithContext
from app.serving.header_filter import REMOVED, HeaderFilter, middlewares
from app.serving.held_headers import HeldHeaders

Headers = list[tuple[bytes, bytes]]


async def remaining_headers(headers: Headers) -> Headers:
    """Return the request headers that reach the application."""
    seen: Headers = []

    async def application(scope: Scope, _: Receive, __: Send) -> None:
        seen.extend(scope["headers"])

    await HeaderFilter(application)({"type": "http", "headers": headers}, receive, send)
    return seen


async def receive() -> Message:
    raise AssertionError


async def send(_: Message) -> None:
    raise AssertionError


@pytest.mark.parametrize("name", sorted(REMOVED))
async def test_headers_that_change_serves_timeout_are_removed(name: bytes) -> None:
    host, accept = (b"host", b"a"), (b"accept", b"*/*")
    assert await remaining_headers([host, (name, b"0"), accept, (name, b"1")]) == [host, accept]


def test_the_callback_installs_all_middleware() -> None:
    expected: list[Any] = [HeldHeaders, HeaderFilter, WithContext]
    assert expected == [middleware.cls for middleware in middlewares()]
