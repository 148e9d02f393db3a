"""The page: what `/` is to a browser. Its files are in web/, and need no build."""

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
    body = html.substitute(max_term=MAX_TERM, deadline_s=deadline_s, stages=_stages())
    headers = {**_HEADERS, "Content-Security-Policy": POLICY, "Vary": "Accept"}

    async def page(_: Request) -> HTMLResponse:
        return HTMLResponse(body, headers=headers)

    app.router.routes.append(_ForBrowsers("/", page, methods=["GET"]))
    app.mount("/web", _Files(directory=FOLDER / "static"))


def _stages() -> str:
    """The list of stages: `data-role` is their part in the graph, `data-field` their result's."""
    rows = [_stage("source", "source", "", "finds the article")]
    rows.append(_stage(GATE.name, "gate", GATE.field, GATE.task))
    rows += [_stage(spec.name, "branch", spec.field, spec.task) for spec in BRANCHES]
    return "\n".join(rows)


def _stage(name: str, role: str, field: str, task: str) -> str:
    data = f'data-stage="{name}" data-role="{role}" data-field="{field}"'
    return f"      <li {data}><b>{name}</b> <span>{escape(task)}</span> <em></em></li>"


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
    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers.update(_HEADERS)
        return response
