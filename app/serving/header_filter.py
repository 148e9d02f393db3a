"""Removes request headers with which a client could control Serve.

They set or switch off Serve's request timeout, and switch off cancellation on disconnect. An
ingress could remove them; this middleware covers requests that do not pass an ingress.
"""

from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.request_context import WithContext
from app.serving.held_headers import HeldHeaders

REMOVED = frozenset({b"x-request-timeout-seconds", b"x-request-disconnect-disabled"})
"""Source: SERVE_HTTP_REQUEST_*_HEADER of ray/serve/_private/constants.py, 2.60."""


class HeaderFilter:
    """ASGI middleware that removes these headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on without the headers."""
        kept = [pair for pair in scope.get("headers", ()) if pair[0] not in REMOVED]
        await self._app({**scope, "headers": kept}, receive, send)


def middlewares() -> list[Middleware]:
    """Middlewares that Serve runs before its own; see RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH."""
    return [Middleware(HeldHeaders), Middleware(HeaderFilter), Middleware(WithContext)]
