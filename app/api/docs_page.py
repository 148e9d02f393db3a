"""The page at `/docs`: the OpenAPI document for readers. It needs no script and no other server."""

from functools import cache

from fastapi import FastAPI
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from app.api import page

PATH = "/docs"
_HEADERS = {**page.HEADERS, "Content-Security-Policy": page.POLICY}


def install(app: FastAPI) -> None:
    """Serve the page of the document that `app` has once all its routes are there."""
    folder = FileSystemLoader(page.FOLDER)
    template = Environment(
        loader=folder, autoescape=True, undefined=StrictUndefined, trim_blocks=True
    ).get_template("docs.html")

    @cache
    def html() -> str:
        return template.render(app.openapi())

    def docs(_: Request) -> HTMLResponse:  # in a thread: the first takes a tenth of a second
        return HTMLResponse(html(), headers=_HEADERS)

    app.router.routes.append(Route(PATH, docs, methods=["GET"]))
