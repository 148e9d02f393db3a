"""ASGI middleware around all routes: limits on the size of a request, and HEAD."""

import asyncio
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api import problems
from app.api.client_turns import LongSteps
from app.api.limits import MAX_QUERY_BYTES
from app.api.schemas import Problem
from app.core.turns import CLIENT

BODY_S = 9.0
"""Seconds in which a client must send the whole body: HAProxy answers 400 after ten silent ones."""


class SizeLimits:
    """Refuses a long query (414), and a body too large (413), too slow (408) or compressed (415).

    `limit` is in bytes of the body, and holds for the declared length and for the bytes that come.
    FastAPI's own limit (`max_body_size`) responds in plain text to a declared length. The time is
    measured from the first read of the body. Of one client's bodies, one is parsed in each pass
    of the loop, so that requests of others go on between them.
    """

    def __init__(self, app: ASGIApp, limit: int, seconds: float = BODY_S) -> None:
        self._app = app
        self._limit = limit
        self._seconds = seconds
        self._parsing = LongSteps()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or respond with a problem."""
        problem = self._refusal(scope) if scope["type"] == "http" else None
        if problem is None:
            await self._app(scope, self._limited(receive), send)
        else:
            await problems.ProblemResponse(problem)(scope, receive, send)

    def _refusal(self, scope: Scope) -> Problem | None:
        if (size := len(scope["query_string"])) > MAX_QUERY_BYTES:
            detail = f"the query has {size:,} bytes; at most {MAX_QUERY_BYTES:,} are allowed"
            return problems.of_status(HTTPStatus.REQUEST_URI_TOO_LONG, detail)
        headers = Headers(scope=scope)
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length[:18]) > self._limit:
            return problems.of_status(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        coding = headers.get("content-encoding", "identity").strip().lower()
        if coding != "identity":
            detail = f"the body is compressed ({coding[:20]!r}); send it without Content-Encoding"
            return problems.of_status(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail)
        return None

    def _limited(self, receive: Receive) -> Receive:
        deadline: float | None = None
        seen = 0
        complete = False

        async def limited() -> Message:
            nonlocal deadline, seen, complete
            if complete:
                return await receive()
            deadline = deadline or asyncio.get_running_loop().time() + self._seconds
            message = await self._before(deadline, receive)
            seen += len(message.get("body", b""))
            if seen > self._limit:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            complete = not message.get("more_body", False)
            if complete and seen:
                await self._parsing.begin(CLIENT.get())
            return message

        return limited

    async def _before(self, deadline: float, receive: Receive) -> Message:
        try:
            async with asyncio.timeout_at(deadline):
                return await receive()
        except TimeoutError:
            detail = f"the body did not arrive within {self._seconds:g} s"
            headers = {"Connection": "close"}
            raise HTTPException(HTTPStatus.REQUEST_TIMEOUT, detail, headers) from None


class HeadAsGet:
    """Answers HEAD like GET, without the body. Starlette does so, FastAPI's routes do not."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""

        async def without_body(message: Message) -> None:
            await send({**message, "body": b""} if "body" in message else message)

        if scope["type"] == "http" and scope["method"] == "HEAD":
            await self._app({**scope, "method": "GET"}, receive, without_body)
        else:
            await self._app(scope, receive, send)
