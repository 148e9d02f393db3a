"""The path under which clients see the server, behind a proxy that serves others beside it."""

import re

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from app.config.api import ROOT_PATH

HEADER = "x-forwarded-prefix"
_ROOT_PATH = re.compile(ROOT_PATH)


class RootPath:
    """Serves under `root_path`, for proxies that pass it on and for proxies that remove it.

    With `forwarded`, the last `X-Forwarded-Prefix` of a request has precedence: Traefik appends
    what it has removed to what a client has sent.
    """

    def __init__(self, app: ASGIApp, root_path: str, *, forwarded: bool) -> None:
        self._app = app
        self._root_path = root_path
        self._forwarded = forwarded

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with the root path in its scope; redirect from the path itself."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        root, path = self._root(scope), scope["path"]
        if root and path == root:  # the page's links are relative to this path with a slash
            query = scope["query_string"].decode("latin-1")
            response = RedirectResponse(f"{root}/{'?' if query else ''}{query}")
            await response(scope, receive, send)
            return
        whole = path if path.startswith(f"{root}/") else root + path
        await self._app({**scope, "root_path": root, "path": whole}, receive, send)

    def _root(self, scope: Scope) -> str:
        if self._forwarded:
            given = ",".join(Headers(scope=scope).getlist(HEADER)).rpartition(",")[2]
            forwarded = given.strip().removesuffix("/")
            if forwarded and _ROOT_PATH.fullmatch(forwarded):
                return forwarded
        return self._root_path


def route_path(scope: Scope) -> str:
    """The path of a request below the root path, as routes have it."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))
