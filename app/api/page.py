"""The page that browsers get from `/`. Its files are in web/; there is no build step."""

import os
from html import escape
from pathlib import Path
from string import Template

from fastapi import FastAPI
from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Match, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from app.api.limits import MAX_TERM
from app.stages.registry import BRANCHES, GATE

FOLDER = Path(__file__).parent / "web"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
"""The Content-Security-Policy: own files only, nothing inline, no HTML from strings."""
HEADERS = {
    "Cache-Control": "no-cache",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def install(app: FastAPI, deadline_s: float) -> None:
    """Serve the page to clients that accept HTML, before other routes of `/`.

    `deadline_s`: seconds after which a digest times out; the page waits a little longer.
    """
    html = Template((FOLDER / "index.html").read_text("utf-8"))
    body = html.substitute(max_term=MAX_TERM, deadline_s=deadline_s, stages=_stages())
    headers = {**HEADERS, "Content-Security-Policy": POLICY, "Vary": "Accept"}

    async def page(_: Request) -> HTMLResponse:
        return HTMLResponse(body, headers=headers)

    app.router.routes.append(_ForBrowsers("/", page, methods=["GET"]))
    app.mount("/web", _Files(directory=FOLDER / "static"))


def _stages() -> str:
    """The list items of the stages, with their role and the digest's field of their result."""
    rows = [_stage("source", "source", "", "find the article")]
    rows.append(_stage(GATE.name, "gate", GATE.field, GATE.task))
    rows += [_stage(spec.name, "branch", spec.field, spec.task) for spec in BRANCHES]
    return "\n".join(rows)


def _stage(name: str, role: str, field: str, task: str) -> str:
    data = f'data-stage="{name}" data-role="{role}" data-field="{field}"'
    return f"      <li {data}><b>{name}</b> <span>{escape(task)}</span> <em></em></li>"


class _ForBrowsers(Route):
    """Matches clients that accept HTML. `?search_term=` is always the legacy contract."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether this route handles the request."""
        match, child = super().matches(scope)
        return (match, child) if match is Match.NONE or is_wanted(scope) else (Match.NONE, {})


def is_wanted(scope: Scope) -> bool:
    """Whether a request for `/` gets the page."""
    classic = "search_term" in QueryParams(scope["query_string"])
    return not classic and "text/html" in Headers(scope=scope).get("accept", "")


class _Files(StaticFiles):
    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers.update(HEADERS)
        return response
