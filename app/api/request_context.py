"""The request in progress: its id, and what the log tells of it when it ends."""

from collections.abc import Callable
from contextvars import ContextVar

from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.schemas import Problem
from app.core import request_ids
from app.core.tracing import belong_to

Fields = Callable[[], dict[str, object]]
_ID = request_ids.HEADER.encode()


class RequestContext:
    """A request; `fields` are what the log tells of it."""

    def __init__(self, request_id: str) -> None:
        self.id = request_id
        self.fields: Fields = dict


_current: ContextVar[RequestContext | None] = ContextVar("request", default=None)


def current() -> RequestContext | None:
    """The request in progress."""
    return _current.get()


def tell(fields: Fields) -> None:
    """Let the log tell these fields of the request in progress."""
    if context := current():
        context.fields = fields


def placed(problem: Problem) -> Problem:
    """A problem with the request in progress as its instance."""
    context = current()
    return problem.model_copy(update={"instance": request_ids.urn(context.id)} if context else {})


class WithContext:
    """ASGI middleware: a context for each request, unless a server around this one has set it.

    A request's id is in its header, given or new. Serve writes it to its logs, and to the response.
    The request belongs to the trace that its client names.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http" or current():
            await self._app(scope, receive, send)
            return
        scope, context = _identified(scope)
        belong_to(_trace_of(scope))
        token = _current.set(context)
        try:
            await self._app(scope, receive, send)
        finally:
            _current.reset(token)


def _identified(scope: Scope) -> tuple[Scope, RequestContext]:
    """The request with one valid id in its header, and its context; most have one."""
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    given = [value.decode("latin-1") for name, value in headers if name == _ID]
    request_id = request_ids.chosen(given)
    if given != [request_id]:
        others = [pair for pair in headers if pair[0] != _ID]
        scope = {**scope, "headers": [*others, (_ID, request_id.encode())]}
    return scope, RequestContext(request_id)


def _trace_of(scope: Scope) -> str:
    parent = b"".join(value for name, value in scope["headers"] if name == b"traceparent")
    return request_ids.trace_in(parent.decode("latin-1")) if parent else ""
