import re

import httpx
import pytest
from fastapi import FastAPI
from starlette.exceptions import HTTPException

from app.api import problems
from app.api.problems import PROBLEM_JSON
from app.api.schemas import Problem
from app.core import errors
from app.core.errors import DigestError

EACH = [
    (errors.BadTerm("the term is empty"), "bad-term", 422),
    (errors.KeyNeeded("no"), "key-needed", 401),
    (errors.TooManyTerms("too many"), "too-many-terms", 403),
    (errors.SourceFailed("no route"), "source-failed", 502),
    (errors.SourceTimeout("too slow"), "source-timeout", 504),
    (errors.DeadlineExceeded("time is up"), "deadline-exceeded", 504),
    (errors.Overloaded("full", 7), "overloaded", 503),
    (errors.OverShare("yours", 7), "over-share", 429),
]


async def response_to(error: Exception, path: str = "/raise") -> httpx.Response:
    """Call an app whose route raises `error`."""
    app = FastAPI()
    problems.install(app)

    @app.get("/raise")
    async def fail() -> None:
        raise error

    @app.get("/number/{number}")
    async def number(number: int) -> int:
        return number

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.get(path)


@pytest.mark.parametrize(("error", "kind", "status"), EACH, ids=[kind for _, kind, _ in EACH])
def test_a_digest_error_becomes_a_problem(error: DigestError, kind: str, status: int) -> None:
    assert Problem.of(error) == Problem(
        type=f"urn:wiki-digest:{kind}",
        title=error.title,
        status=status,
        detail=error.detail,
    )


def test_a_problem_has_the_suggestions_of_its_error() -> None:
    problem = Problem.of(errors.NoArticle("nothing matches", ("Ada",)))
    assert (problem.type, problem.suggestions) == ("urn:wiki-digest:no-article", ("Ada",))


def test_a_problem_names_the_stage_of_its_error() -> None:
    problem = Problem.of(errors.StageFailed("sentiment failed: ValueError", "sentiment"))
    assert (problem.type, problem.stage) == ("urn:wiki-digest:stage-failed", "sentiment")


@pytest.mark.parametrize(("error", "kind", "status"), EACH, ids=[kind for _, kind, _ in EACH])
async def test_the_response_to_a_digest_error_omits_empty_fields(
    error: DigestError, kind: str, status: int
) -> None:
    response = await response_to(error)
    assert (response.status_code, response.headers["content-type"]) == (status, PROBLEM_JSON)
    assert response.json() == {
        "type": f"urn:wiki-digest:{kind}",
        "title": error.title,
        "status": status,
        "detail": error.detail,
    }


async def test_only_overloaded_has_a_retry_after_header() -> None:
    assert (await response_to(errors.Overloaded("full", 7))).headers["retry-after"] == "7"
    assert "retry-after" not in (await response_to(errors.SourceFailed("no"))).headers


async def test_an_http_exception_keeps_its_status_detail_and_headers() -> None:
    response = await response_to(HTTPException(418, "short and stout", {"X-Handle": "here"}))
    assert response.headers["content-type"] == PROBLEM_JSON
    assert response.headers["x-handle"] == "here"
    assert response.json() == {
        "type": "about:blank",
        "title": "I'm a Teapot",
        "status": 418,
        "detail": "short and stout",
    }


async def test_an_http_exception_without_a_detail_describes_its_status() -> None:
    assert (await response_to(HTTPException(404))).json()[
        "detail"
    ] == "Nothing matches the given URI"


async def test_an_invalid_request_lists_each_error() -> None:
    response = await response_to(ValueError(), "/number/one")
    message = "Input should be a valid integer, unable to parse string as an integer"
    assert (response.status_code, response.headers["content-type"]) == (422, PROBLEM_JSON)
    assert response.json() == {
        "type": "urn:wiki-digest:invalid-request",
        "title": "The request is not valid",
        "status": 422,
        "detail": f"path.number: {message}",
        "errors": [{"where": "path.number", "message": message}],
    }


async def test_an_unexpected_error_is_logged_and_leaks_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    response = await response_to(ValueError("password: hunter2"))
    assert (response.status_code, response.headers["content-type"]) == (500, PROBLEM_JSON)
    assert response.json() == {
        "type": "about:blank",
        "title": "Internal Server Error",
        "status": 500,
        "detail": "Internal error (please report); it has been logged.",
    }
    assert "hunter2" in caplog.text


def test_a_route_documents_the_errors_that_it_raises() -> None:
    documented = problems.documented(errors.SourceFailed, errors.StageFailed, errors.NoArticle)
    assert {status: body["description"] for status, body in documented.items()} == {
        401: "A key is needed",
        404: "No pages found",
        414: "The query is too long",
        422: "The request is not valid",
        502: "The source of articles failed / A stage of the digest failed",
    }


def test_no_title_is_documented_twice() -> None:
    documented = problems.documented(errors.SourceTimeout, errors.SourceTimeout)
    assert documented[504]["description"] == "The source of articles was too slow"


def test_documented_error_responses_are_problems() -> None:
    documented = problems.documented(errors.NoArticle, errors.OverShare, errors.Overloaded)
    schemas = {str(body["content"]) for body in documented.values()}
    assert schemas == {
        str({PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}),
    }
    assert [status for status, body in documented.items() if "headers" in body] == [429, 503]


def test_every_error_has_a_distinct_type_urn() -> None:
    kinds = [type(error) for error, _, _ in EACH]
    types = [Problem.of(kind("")).type for kind in kinds]
    assert len(set(types)) == len(types)
    assert all(re.fullmatch(r"urn:wiki-digest:[a-z]+(-[a-z]+)*", name) for name in types)
