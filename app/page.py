"""The page: what `/` is to a browser. Its files are in web/, and need no build."""

from pathlib import Path
from string import Template
from typing import Any

from fastapi import FastAPI
from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Match, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from app.limits import MAX_TERM

FOLDER = Path(__file__).parent / "web"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
"""The Content-Security-Policy: nothing from elsewhere, nothing inline, no HTML made of strings."""
_HEADERS = {
    "Cache-Control": "no-cache",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def install(app: FastAPI, deadline_s: float) -> None:
    """Serve the page, before other routes of `/`, to whoever asks for HTML.

    `deadline_s`: seconds after which the server gives up a digest; the page waits a bit longer.
    """
    html = Template((FOLDER / "index.html").read_text("utf-8"))
    body = html.substitute(max_term=MAX_TERM, deadline_s=deadline_s)
    headers = {**_HEADERS, "Content-Security-Policy": POLICY, "Vary": "Accept"}

    async def page(_: Request) -> HTMLResponse:
        return HTMLResponse(body, headers=headers)

    app.router.routes.append(_ForBrowsers("/", page, methods=["GET"]))
    app.mount("/web", _Files(directory=FOLDER / "static"))


class _ForBrowsers(Route):
    """Matches only who asks for HTML; `?search_term=` is the classic contract in any case."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether this route is meant."""
        match, child = super().matches(scope)
        return (match, child) if match is Match.NONE or _wants_page(scope) else (Match.NONE, {})


def _wants_page(scope: Scope) -> bool:
    classic = "search_term" in QueryParams(scope["query_string"])
    return not classic and "text/html" in Headers(scope=scope).get("accept", "")


class _Files(StaticFiles):
    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers.update(_HEADERS)
        return response
