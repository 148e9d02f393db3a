import asyncio
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from app.api.problems import PROBLEM_JSON
from app.api.schemas import Models
from app.core.errors import Overloaded, SourceFailed, SourceTimeout
from app.core.values import Digest
from app.models.model_info import ModelInfo
from tests.support.fakes import (
    ENTITIES,
    MODEL_INFO,
    NEGATIVE_TONE,
    SUMMARY,
    TONE,
    FakeStage,
    FakeStages,
    application,
    client_of,
    faults,
    problem,
    with_timeout,
)

ONE_TERM = ["/?search_term=", "/v1/digest?term=", "/v1/digest/stream?term="]


async def request(
    path: str, stages: FakeStages | None = None, method: str = "GET", **more: Any
) -> httpx.Response:
    """Send one request to the API over these stages."""
    async with client_of(application(stages or FakeStages())) as client:
        return await with_timeout(client.request(method, path, **more))


async def test_a_digest_has_the_heading_and_all_stage_results() -> None:
    response = await request("/v1/digest?term=Ada%20Lovelace")
    digest = Digest.model_validate_json(response.content)
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    assert (digest.title, digest.term, digest.status) == ("Ada Lovelace", "Ada Lovelace", "ok")
    assert (digest.tone, digest.summary, digest.entities) == (TONE, SUMMARY, ENTITIES)


async def test_a_digest_includes_empty_fields() -> None:
    stages = FakeStages()
    stages.sentiment.result = NEGATIVE_TONE
    body = (await request("/v1/digest?term=ada", stages)).json()
    assert body.keys() == Digest.model_fields.keys()
    assert (body["status"], body["summary"], body["missing"]) == ("rejected", None, [])


async def test_a_degraded_digest_is_200() -> None:
    stages = FakeStages()
    stages.entities.result = ValueError("password: hunter2")
    response = await request("/v1/digest?term=ada", stages)
    assert response.status_code == 200
    assert response.json()["status"] == "degraded"
    assert response.json()["missing"] == [
        {"stage": "entities", "reason": "entities failed: ValueError", "declined": False}
    ]


@pytest.mark.parametrize(
    ("term", "answer"),
    [
        ("ada", {"success": True, "message": "Success!", "summary": SUMMARY.text}),
        ("nothing", {"success": False, "message": "No pages found"}),
    ],
)
async def test_the_classic_contract_has_four_fields(term: str, answer: dict[str, Any]) -> None:
    response = await request(f"/?search_term={term}")
    names = {"named_entities": ["Ada Lovelace"] if answer["success"] else []}
    assert response.status_code == 200
    assert response.json() == {"summary": ""} | names | answer


async def test_the_classic_contract_reports_a_rejection() -> None:
    stages = FakeStages()
    stages.sentiment.result = NEGATIVE_TONE
    assert (await request("/?search_term=ada", stages)).json() == {
        "success": False,
        "message": "Rejected: the tone of ada is negative",
        "summary": "",
        "named_entities": [],
    }


async def test_the_classic_contract_reports_missing_parts() -> None:
    stages = FakeStages()
    stages.summarizer.result = ValueError("password: hunter2")
    assert (await request("/?search_term=ada", stages)).json() == {
        "success": True,
        "message": "Degraded: without summarizer",
        "summary": "",
        "named_entities": ["Ada Lovelace"],
    }


async def test_the_classic_contract_fails_with_a_problem() -> None:
    response = await request("/?search_term=ada", FakeStages(FakeStage(SourceFailed("no route"))))
    assert problem(response)["type"] == "urn:wiki-digest:source-failed"


async def test_models_are_listed() -> None:
    response = await request("/v1/models")
    assert Models.model_validate_json(response.content) == Models(models=(MODEL_INFO,))


async def test_no_article_is_a_problem_with_suggestions() -> None:
    assert problem(await request("/v1/digest?term=nothing")) == {
        "type": "urn:wiki-digest:no-article",
        "title": "No pages found",
        "status": 404,
        "detail": "nothing matches 'nothing'",
        "suggestions": ["Something"],
    }


async def test_a_failed_gate_is_a_problem_without_the_errors_message() -> None:
    stages = FakeStages()
    stages.sentiment.result = ValueError("password: hunter2")
    assert problem(await request("/v1/digest?term=ada", stages)) == {
        "type": "urn:wiki-digest:stage-failed",
        "title": "A stage of the digest failed",
        "status": 502,
        "detail": "sentiment failed: ValueError",
        "stage": "sentiment",
    }


@pytest.mark.parametrize(
    ("error", "kind", "status"),
    [
        (SourceFailed("no route"), "source-failed", 502),
        (SourceTimeout("too slow"), "source-timeout", 504),
        (Overloaded("too many searches", 3), "overloaded", 503),
    ],
)
async def test_a_failed_source_is_a_problem(error: Exception, kind: str, status: int) -> None:
    body = problem(await request("/v1/digest?term=ada", FakeStages(FakeStage(error))))
    assert (body["type"], body["status"]) == (f"urn:wiki-digest:{kind}", status)
    assert body["detail"] == error.args[0]


@pytest.mark.parametrize("path", ONE_TERM[:2])
async def test_a_timeout_is_a_problem_that_names_the_stage(path: str) -> None:
    stages = FakeStages()
    stages.sentiment.may_answer.clear()
    async with client_of(application(stages, deadline_s=1)) as client:
        body = problem(await with_timeout(client.get(f"{path}ada")))
    assert (body["type"], body["status"]) == ("urn:wiki-digest:deadline-exceeded", 504)
    assert body["detail"] == "sentiment did not answer in time"


async def test_a_timeout_of_the_models_is_a_problem() -> None:
    async def never() -> tuple[ModelInfo, ...]:
        await asyncio.Event().wait()
        return ()

    async with client_of(application(FakeStages(), never, deadline_s=0.01)) as client:
        body = problem(await with_timeout(client.get("/v1/models")))
    assert (body["type"], body["status"]) == ("urn:wiki-digest:deadline-exceeded", 504)


async def test_an_unexpected_error_leaks_nothing() -> None:
    async def fail() -> tuple[ModelInfo, ...]:
        raise ValueError("password: hunter2")

    async with client_of(application(FakeStages(), fail)) as client:
        assert problem(await with_timeout(client.get("/v1/models"))) == {
            "type": "about:blank",
            "title": "Internal Server Error",
            "status": 500,
            "detail": "Internal error (please report); it has been logged.",
        }


@pytest.mark.parametrize("path", ONE_TERM)
@pytest.mark.parametrize(
    ("term", "detail"),
    [
        ("", "the term is empty; give a word or a title to look for"),
        (" \u3000", "the term is empty; give a word or a title to look for"),
        ("a\0b", "the term holds the control character U+0000"),
        ("a\r\nb", "the term holds the control character U+000D"),
        ("x" * 10_240, "the term has 10,240 characters; at most 200 are allowed"),
    ],
    ids=["empty", "space", "nul", "newline", "long"],
)
async def test_an_invalid_term_is_a_problem_and_calls_no_stage(
    path: str, term: str, detail: str
) -> None:
    stages = FakeStages()
    assert problem(await request(path + quote(term), stages)) == {
        "type": "urn:wiki-digest:bad-term",
        "title": "The search term is not valid",
        "status": 422,
        "detail": detail,
    }
    assert stages.sentiment.calls == 0


@pytest.mark.parametrize(
    "term", ["🦆", "عادا لافليس", "\u202eadA", "<script>alert(1)</script>", "a&b=c;d", "é", "%00"]
)
async def test_a_term_in_any_script_is_returned_unchanged(term: str) -> None:
    response = await request(f"/v1/digest?term={quote(term, safe='')}")
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    assert response.json()["term"] == term


async def test_white_space_around_a_term_is_stripped() -> None:
    assert (await request("/v1/digest?term=%20ada+")).json()["term"] == "ada"


async def test_the_last_of_two_terms_counts() -> None:
    assert (await request("/v1/digest?term=ada&term=babbage")).json()["term"] == "babbage"


@pytest.mark.parametrize("path", ["/?trem=1", "/v1/digest", "/v1/digest/stream?foo=1"])
async def test_a_missing_term_is_an_error(path: str) -> None:
    name = "search_term" if path.startswith("/?") else "term"
    assert (f"query.{name}", "Field required") in faults(await request(path))


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("/v1/digest?trm=ada", ("query.trm", 'unknown; did you mean "term"?')),
        ("/v1/digest?Term=ada", ("query.Term", 'unknown; did you mean "term"?')),
        ("/v1/digest/stream?trm=ada", ("query.trm", 'unknown; did you mean "term"?')),
        ("/?serch_term=ada", ("query.serch_term", 'unknown; did you mean "search_term"?')),
        ("/?search_term=ada&q=1", ("query.q", "unknown; known: search_term")),
        ("/v1/digest?term=ada&x=1", ("query.x", "unknown; known: term")),
        ("/v1/models?x=1", ("query.x", "unknown; nothing is known here")),
    ],
)
async def test_an_unknown_parameter_is_an_error_with_the_nearest_known_name(
    path: str, fault: tuple[str, str]
) -> None:
    assert fault in faults(await request(path))


async def test_the_detail_joins_all_errors() -> None:
    body = problem(await request("/v1/digest?trm=ada"))
    assert body["title"] == "The request is not valid"
    assert body["detail"] == 'query.term: Field required; query.trm: unknown; did you mean "term"?'


@pytest.mark.parametrize("path", ["/v2/digest", "/redoc", "/v1", "/favicon.ico"])
async def test_an_unknown_path_is_a_404_problem(path: str) -> None:
    assert problem(await request(path)) == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "Nothing matches the given URI",
    }


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/", "GET"),
        ("PUT", "/v1/digest", "GET"),
        ("DELETE", "/v1/digest/stream", "GET"),
        ("GET", "/v1/digests", "POST"),
        ("PATCH", "/v1/models", "GET"),
    ],
)
async def test_a_wrong_method_is_a_405_problem_with_the_allowed_methods(
    method: str, path: str, allowed: str
) -> None:
    response = await request(path, method=method)
    assert problem(response)["status"] == 405
    assert response.headers["allow"] == allowed


@pytest.mark.parametrize("path", [f"{path}babbage" for path in ONE_TERM])
async def test_a_request_over_the_limit_is_503_with_retry_after(path: str) -> None:
    stages = FakeStages()
    stages.sentiment.may_answer.clear()
    async with client_of(application(stages, max_concurrent=1)) as client:
        inside = asyncio.create_task(client.get("/v1/digest?term=ada"))
        await with_timeout(stages.sentiment.started.wait())
        response = await with_timeout(client.get(path))
        assert response.headers["retry-after"] == "1"
        assert problem(response) == {
            "type": "urn:wiki-digest:overloaded",
            "title": "Too many requests at once",
            "status": 503,
            "detail": "1 terms are in progress already; try again soon",
        }
        stages.sentiment.may_answer.set()
        assert (await with_timeout(inside)).status_code == 200


async def test_models_are_listed_on_a_full_server() -> None:
    stages = FakeStages()
    stages.sentiment.may_answer.clear()
    async with client_of(application(stages, max_concurrent=1)) as client:
        inside = asyncio.create_task(client.get("/v1/digest?term=ada"))
        await with_timeout(stages.sentiment.started.wait())
        assert (await with_timeout(client.get("/v1/models"))).status_code == 200
        stages.sentiment.may_answer.set()
        await with_timeout(inside)


@pytest.mark.parametrize(
    "query", ["term=ada", "term=nothing", "term=", "trm=ada"], ids=["ok", "none", "bad", "invalid"]
)
@pytest.mark.parametrize("path", ["/v1/digest", "/v1/digest/stream"])
async def test_an_answered_request_frees_its_slot(path: str, query: str) -> None:
    async with client_of(application(FakeStages(), max_concurrent=1)) as client:
        for _ in range(2):
            assert (await with_timeout(client.get(f"{path}?{query}"))).status_code != 503


async def test_a_disconnect_cancels_the_work_and_frees_its_slot() -> None:
    stages = FakeStages()
    stages.sentiment.may_answer.clear()
    async with client_of(application(stages, max_concurrent=1)) as client:
        inside = asyncio.create_task(client.get("/v1/digest?term=ada"))
        await with_timeout(stages.sentiment.started.wait())
        inside.cancel()
        with pytest.raises(asyncio.CancelledError):
            await with_timeout(inside)
        await with_timeout(stages.sentiment.ended.wait())
        assert stages.sentiment.cancelled == 1
        stages.sentiment.may_answer.set()
        assert (await with_timeout(client.get("/v1/digest?term=ada"))).status_code == 200


def references(schema: Any) -> set[str]:
    """Return every `$ref` in a document."""
    if isinstance(schema, dict):
        here = {schema["$ref"]} if isinstance(schema.get("$ref"), str) else set[str]()
        return here.union(*map(references, schema.values()))
    return set[str]().union(*map(references, schema)) if isinstance(schema, list) else set()


def test_every_reference_in_openapi_resolves() -> None:
    document = application(FakeStages()).openapi()
    there = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert references(document) - there == set()
    assert "#/components/schemas/Problem" in references(document)


def test_every_route_documents_its_problems() -> None:
    paths = application(FakeStages()).openapi()["paths"]
    documented = {
        path: {status for status in operation["responses"] if status != "200"}
        for path, operations in paths.items()
        for operation in operations.values()
    }
    assert documented == {
        "/": {"414", "401", "422", "429", "502", "503", "504"},
        "/v1/digest": {"304", "404", "414", "401", "422", "429", "502", "503", "504"},
        "/v1/digest/stream": {"414", "401", "422", "429", "503"},
        "/v1/digests": {"400", "403", "408", "413", "415", "414", "401", "422", "429", "503"},
        "/v1/suggestions": {"414", "401", "422", "429", "502", "503", "504"},
        "/v1/status": {"414", "401", "422"},
        "/v1/models": {"414", "401", "422", "502", "503", "504"},
    }


def test_every_documented_error_response_is_a_problem() -> None:
    operations = application(FakeStages()).openapi()["paths"].values()
    contents = [
        response["content"]
        for methods in operations
        for operation in methods.values()
        for status, response in operation["responses"].items()
        if status not in {"200", "304"}
    ]
    reference = {"$ref": "#/components/schemas/Problem"}
    assert contents == [{PROBLEM_JSON: {"schema": reference}}] * len(contents)


def test_openapi_has_the_length_limits_of_a_term() -> None:
    paths = application(FakeStages()).openapi()["paths"]
    (term,) = paths["/v1/digest"]["get"]["parameters"]
    assert (term["name"], term["in"], term["required"]) == ("term", "query", True)
    assert (term["schema"]["minLength"], term["schema"]["maxLength"]) == (1, 200)


async def test_openapi_is_served() -> None:
    document = (await request("/openapi.json")).json()
    assert (document["openapi"], document["info"]["title"]) == ("3.1.0", "wiki-digest")


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("?term=ada", ["Ada Lovelace", "Ada Yonath"]),
        ("?term=%20kyoto%20", ["Kyoto"]),
        ("?term=zzz", []),
        ("", ["Ada Lovelace", "Ada Yonath", "Kyoto"]),
        ("?term=", ["Ada Lovelace", "Ada Yonath", "Kyoto"]),
    ],
)
async def test_titles_with_the_prefix_are_suggested(query: str, titles: list[str]) -> None:
    assert (await request(f"/v1/suggestions{query}")).json() == {"titles": titles}


async def test_an_invalid_prefix_is_a_problem() -> None:
    response = await request(f"/v1/suggestions?term={'x' * 201}")
    assert problem(response)["type"] == "urn:wiki-digest:bad-term"


async def test_a_source_timeout_during_suggestions_is_a_problem() -> None:
    async def suggest(_: str) -> tuple[str, ...]:
        raise SourceTimeout("wiki.test did not answer within 5 s")

    async with client_of(application(FakeStages(), suggest=suggest)) as client:
        body = problem(await client.get("/v1/suggestions?term=a"))
    assert (body["status"], body["detail"]) == (504, "wiki.test did not answer within 5 s")
