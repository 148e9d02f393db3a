"""Error responses: every error becomes RFC 9457 problem details."""

import logging
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException

from app.api.schemas import Fault, Problem
from app.config.loader import nearest
from app.core import errors

PROBLEM_JSON = "application/problem+json"
_log = logging.getLogger(__name__)


def documented(*kinds: type[errors.DigestError]) -> dict[int | str, dict[str, object]]:
    """The OpenAPI `responses` of a route with these errors; 422 and 503 are added."""
    titles: dict[int, list[str]] = {422: ["The request is not valid"], 503: [_busy().title]}
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
    if status == errors.Overloaded.status:
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


def answer(problem: Problem, headers: dict[str, str] | None = None) -> JSONResponse:
    """The response with a problem."""
    body = problem.model_dump(exclude_defaults=True)
    return JSONResponse(body, problem.status, headers, media_type=PROBLEM_JSON)


def _busy() -> errors.Overloaded:
    return errors.Overloaded("")


async def _digest_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, errors.DigestError)
    headers = (
        {"Retry-After": str(error.retry_after_s)} if isinstance(error, errors.Overloaded) else None
    )
    return answer(Problem.of(error), headers)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    known = _known(request)
    faults = tuple(_fault(e, known) for e in error.errors())
    return answer(
        Problem(
            type="urn:wiki-digest:invalid-request",
            title="The request is not valid",
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
            detail="; ".join(f"{fault.where}: {fault.message}" for fault in faults),
            errors=faults,
        )
    )


async def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    detail = "" if error.detail == status.phrase else error.detail
    return answer(of_status(status, detail), dict(error.headers or {}))


def of_status(status: HTTPStatus, detail: str = "") -> Problem:
    """The problem of an HTTP status; `detail` is by default the status' own description."""
    return Problem(
        type="about:blank",
        title=status.phrase,
        status=status,
        detail=detail or status.description or status.phrase,
    )


async def _internal(_: Request, error: Exception) -> JSONResponse:
    return answer(internal(error))


def _known(request: Request) -> list[str]:
    """The names of the route's query parameters and body fields."""
    dependant = getattr(request.scope.get("route"), "dependant", None)
    fields = [*dependant.query_params, *dependant.body_params] if dependant else []
    models = [field.field_info.annotation for field in fields]
    return [name for model in models for name in getattr(model, "model_fields", ())]


def _fault(error: ErrorDetails, known: list[str]) -> Fault:
    where = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return Fault(where=where, message=f"unknown; {nearest(str(error['loc'][-1]), known)}")
    return Fault(where=where, message=str(error["msg"]).removeprefix("Value error, "))
