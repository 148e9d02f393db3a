"""What a request may not tell Serve: some headers are taken away before Serve reads them.

Serve lets any client set its own timeout, or switch it off, and asks to be told of no disconnect.
An ingress may take such headers away; here it holds for every way in.
"""

from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

REMOVED = frozenset({b"x-request-timeout-seconds", b"x-request-disconnect-disabled"})
"""Source: SERVE_HTTP_REQUEST_*_HEADER of ray/serve/_private/constants.py, 2.60."""


class HeaderFilter:
    """An ASGI application whose requests have lost these headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on what is left of the request."""
        kept = [pair for pair in scope.get("headers", ()) if pair[0] not in REMOVED]
        await self._app({**scope, "headers": kept}, receive, send)


def middlewares() -> list[Middleware]:
    """Serve puts these before its own: RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH names this."""
    return [Middleware(HeaderFilter)]
