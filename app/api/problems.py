"""Error responses: every error becomes RFC 9457 problem details."""

import logging
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from app.api.limits import LONG_BYTES, cut
from app.api.outcomes import outcome_of
from app.api.request_context import placed
from app.api.schemas import Fault, Problem
from app.config.loader import nearest
from app.core import errors
from app.core.turns import ADDRESS

PROBLEM_JSON = "application/problem+json"
MAX_FAULTS = 10
"""The most errors that one problem lists."""
MAX_NAME = 100
"""Characters of a name in a request that a problem repeats; longer names are cut."""
_log = logging.getLogger(__name__)


def documented(*kinds: type[errors.DigestError]) -> dict[int | str, dict[str, object]]:
    """The OpenAPI `responses` of a route with these errors, and with those of every route."""
    titles: dict[int, list[str]] = {
        401: [errors.KeyNeeded.title],
        414: ["The query is too long"],
        422: ["The request is not valid"],
    }
    for kind in kinds:
        titles.setdefault(kind.status, []).append(kind.title)
    return {
        status: response(status, " / ".join(dict.fromkeys(titles[status])))
        for status in sorted(titles)
    }


def response(status: int, description: str) -> dict[str, object]:
    """The OpenAPI description of a response with a problem."""
    described: dict[str, object] = {
        "description": description,
        "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status in {errors.Overloaded.status, errors.OverShare.status}:
        header = {"description": "seconds to wait", "schema": {"type": "integer"}}
        described["headers"] = {"Retry-After": header}
    return described


def internal(error: BaseException) -> Problem:
    """The problem for an unexpected exception, which is logged and not shown to the client."""
    _log.error("internal error", exc_info=error)
    return Problem(
        type="about:blank",
        title="Internal Server Error",
        status=HTTPStatus.INTERNAL_SERVER_ERROR,
        detail="Internal error (please report); it has been logged.",
    )


def install(app: FastAPI) -> None:
    """Add the exception handlers to `app`."""
    app.add_exception_handler(errors.DigestError, _digest_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _internal)


class ProblemResponse(JSONResponse):
    """The response with a problem, which is noted as the outcome of the request."""

    media_type = PROBLEM_JSON

    def __init__(self, problem: Problem, headers: dict[str, str] | None = None) -> None:
        body = placed(problem).model_dump(exclude_defaults=True)
        super().__init__(body, problem.status, headers)
        self._problem = problem

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Note it, and send it."""
        outcome_of(scope).problem(self._problem)
        await super().__call__(scope, receive, send)


def of_error(error: errors.DigestError) -> JSONResponse:
    """The response with the problem of an error, and its headers."""
    headers: dict[str, str] = {}
    if isinstance(error, errors.Overloaded):
        headers = {"Retry-After": str(error.retry_after_s)}
    if isinstance(error, errors.OverShare | errors.TooManyTerms):
        headers[errors.REFUSED_CLIENT] = ADDRESS.get()
    if isinstance(error, errors.KeyNeeded):
        headers = {"WWW-Authenticate": "Bearer"}
    return ProblemResponse(Problem.of(error), headers)


async def _digest_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, errors.DigestError)
    return of_error(error)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    known = _known(request)
    found = error.errors()
    faults = tuple(_fault(one, known) for one in found[:MAX_FAULTS])
    more = [f"and {len(found) - MAX_FAULTS:,} more"] if len(found) > MAX_FAULTS else []
    return ProblemResponse(
        Problem(
            type="urn:wiki-digest:invalid-request",
            title="The request is not valid",
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
            detail="; ".join([*(f"{fault.where}: {fault.message}" for fault in faults), *more]),
            errors=faults,
        ),
        _blame(request),
    )


def _blame(request: Request) -> dict[str, str]:
    """Headers that name who sent an invalid body, if it took long to parse, or told no length.

    HAProxy refuses a client that sends many. They are not admitted, so that no share limits them.
    """
    length = request.headers.get("content-length", "")
    is_short = length.isdecimal() and int(length[:18]) <= LONG_BYTES
    return {} if is_short or request.method != "POST" else {errors.REFUSED_CLIENT: ADDRESS.get()}


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    detail = "" if error.detail == status.phrase else error.detail
    blame = _blame(request) if status == HTTPStatus.BAD_REQUEST else {}
    return ProblemResponse(of_status(status, detail), {**(error.headers or {}), **blame})


def of_status(status: HTTPStatus, detail: str = "") -> Problem:
    """The problem of an HTTP status; `detail` is by default the status' own description."""
    return Problem(
        type="about:blank",
        title=status.phrase,
        status=status,
        detail=detail or status.description or status.phrase,
    )


async def _internal(_: Request, error: Exception) -> JSONResponse:
    return ProblemResponse(internal(error))


def _known(request: Request) -> list[str]:
    """The names of the query parameters and body fields of the route and its dependencies."""
    dependant = getattr(request.scope.get("route"), "dependant", None)
    parts = [dependant, *dependant.dependencies] if dependant else []
    fields = [field for part in parts for field in (*part.query_params, *part.body_params)]
    models = [field.field_info.annotation for field in fields]
    return [name for model in models for name in getattr(model, "model_fields", ())]


def _fault(error: ErrorDetails, known: list[str]) -> Fault:
    where = cut(".".join(cut(str(part), MAX_NAME) for part in error["loc"]), MAX_NAME)
    if error["type"] == "extra_forbidden":
        name = cut(str(error["loc"][-1]), MAX_NAME)
        return Fault(where=where, message=f"unknown; {nearest(name, known)}")
    return Fault(where=where, message=str(error["msg"]).removeprefix("Value error, "))
