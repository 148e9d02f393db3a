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
    (errors.SourceFailed("no route"), "source-failed", 502),
    (errors.SourceTimeout("too slow"), "source-timeout", 504),
    (errors.DeadlineExceeded("time is up"), "deadline-exceeded", 504),
    (errors.Overloaded("full", 7), "overloaded", 503),
]


async def answer(error: Exception, path: str = "/raise") -> httpx.Response:
    """What an app answers whose route ends with this error."""
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
def test_an_error_of_ours_is_a_problem(error: DigestError, kind: str, status: int) -> None:
    """Its type is its name, its title and status are its kind's, its detail its own."""
    assert Problem.of(error) == Problem(
        type=f"urn:wiki-digest:{kind}",
        title=error.title,
        status=status,
        detail=error.detail,
    )


def test_a_problem_has_the_suggestions_of_its_error() -> None:
    """Titles that come near."""
    problem = Problem.of(errors.NoArticle("nothing matches", ("Ada",)))
    assert (problem.type, problem.suggestions) == ("urn:wiki-digest:no-article", ("Ada",))


def test_a_problem_names_the_stage_of_its_error() -> None:
    """The one that failed."""
    problem = Problem.of(errors.StageFailed("sentiment failed: ValueError", "sentiment"))
    assert (problem.type, problem.stage) == ("urn:wiki-digest:stage-failed", "sentiment")


@pytest.mark.parametrize(("error", "kind", "status"), EACH, ids=[kind for _, kind, _ in EACH])
async def test_an_error_of_ours_is_answered_as_it_is(
    error: DigestError, kind: str, status: int
) -> None:
    """With its status, and no fields that say nothing."""
    response = await answer(error)
    assert (response.status_code, response.headers["content-type"]) == (status, PROBLEM_JSON)
    assert response.json() == {
        "type": f"urn:wiki-digest:{kind}",
        "title": error.title,
        "status": status,
        "detail": error.detail,
    }


async def test_who_is_refused_is_told_when_to_come_back() -> None:
    """In seconds; other errors say nothing of the kind."""
    assert (await answer(errors.Overloaded("full", 7))).headers["retry-after"] == "7"
    assert "retry-after" not in (await answer(errors.SourceFailed("no"))).headers


async def test_an_error_of_http_keeps_its_status_detail_and_headers() -> None:
    """It gets the shape that all the others have."""
    response = await answer(HTTPException(418, "short and stout", {"X-Handle": "here"}))
    assert response.headers["content-type"] == PROBLEM_JSON
    assert response.headers["x-handle"] == "here"
    assert response.json() == {
        "type": "about:blank",
        "title": "I'm a Teapot",
        "status": 418,
        "detail": "short and stout",
    }


async def test_an_error_of_http_without_a_detail_describes_its_status() -> None:
    """The title is not said twice."""
    assert (await answer(HTTPException(404))).json()["detail"] == "Nothing matches the given URI"


async def test_an_invalid_request_names_each_fault() -> None:
    """Where it is, and what is wrong there."""
    response = await answer(ValueError(), "/number/one")
    message = "Input should be a valid integer, unable to parse string as an integer"
    assert (response.status_code, response.headers["content-type"]) == (422, PROBLEM_JSON)
    assert response.json() == {
        "type": "urn:wiki-digest:invalid-request",
        "title": "The request is not valid",
        "status": 422,
        "detail": f"path.number: {message}",
        "errors": [{"where": "path.number", "message": message}],
    }


async def test_an_error_that_nobody_foresaw_leaks_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The client learns that it is our fault, and the log learns why."""
    response = await answer(ValueError("password: hunter2"))
    assert (response.status_code, response.headers["content-type"]) == (500, PROBLEM_JSON)
    assert response.json() == {
        "type": "about:blank",
        "title": "Internal Server Error",
        "status": 500,
        "detail": "Internal error (please report); it has been logged.",
    }
    assert "hunter2" in caplog.text


def test_a_route_documents_the_errors_that_it_may_end_with() -> None:
    """By status, each with the titles that it may have; any request may be invalid or too many."""
    documented = problems.documented(errors.SourceFailed, errors.StageFailed, errors.NoArticle)
    assert {status: body["description"] for status, body in documented.items()} == {
        404: "No pages found",
        422: "The request is not valid",
        502: "The source of articles failed / A stage of the digest failed",
        503: "Too many requests at once",
    }


def test_no_title_is_documented_twice() -> None:
    """Also where a route names an error that is documented in any case."""
    documented = problems.documented(errors.Overloaded)
    assert documented[503]["description"] == "Too many requests at once"


def test_a_documented_response_is_a_problem() -> None:
    """The media type and the shape are the same everywhere; one says when to come back."""
    documented = problems.documented(errors.NoArticle)
    schemas = {str(body["content"]) for body in documented.values()}
    assert schemas == {
        str({PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}),
    }
    assert [status for status, body in documented.items() if "headers" in body] == [503]


def test_types_are_names_of_ours() -> None:
    """Every kind of error has a type of its own, in words."""
    kinds = [type(error) for error, _, _ in EACH]
    types = [Problem.of(kind("")).type for kind in kinds]
    assert len(set(types)) == len(types)
    assert all(re.fullmatch(r"urn:wiki-digest:[a-z]+(-[a-z]+)*", name) for name in types)
