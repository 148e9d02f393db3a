"""The span of each request that is sampled."""

from collections.abc import Sequence
from http import HTTPMethod, HTTPStatus

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.outcomes import outcome_of, route_of
from app.api.root_path import route_path
from app.core.tracing import Attributes, Off, Span, Tracer


def install(app: FastAPI, tracer: Tracer) -> None:
    """Trace the requests to `app`; without traces, nothing is added."""
    if not isinstance(tracer, Off):
        app.add_middleware(Traced, tracer=tracer)


class Traced:
    """ASGI middleware: a span for each request that is sampled, which may continue a trace."""

    def __init__(self, app: ASGIApp, tracer: Tracer) -> None:
        self._app = app
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in HTTPMethod.__members__ else "_OTHER"
        route = route_of(route_path(scope))
        attributes = {"http.request.method": method, "http.route": route}
        with self._tracer.begin(f"{method} {route}", _parent(scope["headers"]), attributes) as span:
            if not span.recorded:
                await self._app(scope, receive, send)
                return
            try:
                await self._app(scope, receive, _noting_status(send, span))
            finally:
                span.set(_outcome(scope))


def _parent(headers: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    """The headers of W3C Trace Context; none if there is no parent, or more than one."""
    parents = [value for name, value in headers if name == b"traceparent"]
    if len(parents) != 1:
        return {}
    states = b",".join(value for name, value in headers if name == b"tracestate")
    return {"traceparent": parents[0].decode("latin-1"), "tracestate": states.decode("latin-1")}


def _outcome(scope: Scope) -> Attributes:
    outcome = outcome_of(scope)
    return {"wiki_digest.outcome": outcome.name, "wiki_digest.cached": outcome.is_cached}


def _noting_status(send: Send, span: Span) -> Send:
    async def noting(message: Message) -> None:
        if message["type"] == "http.response.start":
            status = message["status"]
            span.set({"http.response.status_code": status})
            if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                span.fail(str(status))
        await send(message)

    return noting
