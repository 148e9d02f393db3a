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


async def ask(
    path: str, stages: FakeStages | None = None, method: str = "GET", **more: Any
) -> httpx.Response:
    """One answer of the API over these stages."""
    async with client_of(application(stages or FakeStages())) as client:
        return await with_timeout(client.request(method, path, **more))


async def test_a_digest_is_answered_whole() -> None:
    """It has the article's heading, and what each stage said."""
    response = await ask("/v1/digest?term=Ada%20Lovelace")
    digest = Digest.model_validate_json(response.content)
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    assert (digest.title, digest.term, digest.status) == ("Ada Lovelace", "Ada Lovelace", "ok")
    assert (digest.tone, digest.summary, digest.entities) == (TONE, SUMMARY, ENTITIES)


async def test_a_digest_has_all_its_fields() -> None:
    """Those that are empty, too: who reads it need not ask whether they are there."""
    stages = FakeStages()
    stages.sentiment.result = NEGATIVE_TONE
    body = (await ask("/v1/digest?term=ada", stages)).json()
    assert body.keys() == Digest.model_fields.keys()
    assert (body["status"], body["summary"], body["missing"]) == ("rejected", None, [])


async def test_a_degraded_digest_is_an_answer() -> None:
    """It says what is missing."""
    stages = FakeStages()
    stages.entities.result = ValueError("password: hunter2")
    response = await ask("/v1/digest?term=ada", stages)
    assert response.status_code == 200
    assert response.json()["status"] == "degraded"
    assert response.json()["missing"] == [
        {"stage": "entities", "reason": "entities failed: ValueError"}
    ]


@pytest.mark.parametrize(
    ("term", "answer"),
    [
        ("ada", {"success": True, "message": "Success!", "summary": SUMMARY.text}),
        ("nothing", {"success": False, "message": "No pages found"}),
    ],
)
async def test_the_classic_contract_has_four_fields(term: str, answer: dict[str, Any]) -> None:
    """Whether or not there is an article."""
    response = await ask(f"/?search_term={term}")
    names = {"named_entities": ["Ada Lovelace"] if answer["success"] else []}
    assert response.status_code == 200
    assert response.json() == {"summary": ""} | names | answer


async def test_the_classic_contract_says_that_an_article_was_rejected() -> None:
    """Nothing else is told of it."""
    stages = FakeStages()
    stages.sentiment.result = NEGATIVE_TONE
    assert (await ask("/?search_term=ada", stages)).json() == {
        "success": False,
        "message": "Rejected: the tone of ada is negative",
        "summary": "",
        "named_entities": [],
    }


async def test_the_classic_contract_says_what_is_missing() -> None:
    """And still succeeds."""
    stages = FakeStages()
    stages.summarizer.result = ValueError("password: hunter2")
    assert (await ask("/?search_term=ada", stages)).json() == {
        "success": True,
        "message": "Degraded: without summarizer",
        "summary": "",
        "named_entities": ["Ada Lovelace"],
    }


async def test_the_classic_contract_fails_as_all_do() -> None:
    """With a problem, for it has no words for this."""
    response = await ask("/?search_term=ada", FakeStages(FakeStage(SourceFailed("no route"))))
    assert problem(response)["type"] == "urn:wiki-digest:source-failed"


async def test_what_is_loaded_is_told() -> None:
    """Stage by stage."""
    response = await ask("/v1/models")
    assert Models.model_validate_json(response.content) == Models(models=(MODEL_INFO,))


async def test_no_article_is_a_problem_with_suggestions() -> None:
    """Not found, and what was perhaps meant."""
    assert problem(await ask("/v1/digest?term=nothing")) == {
        "type": "urn:wiki-digest:no-article",
        "title": "No pages found",
        "status": 404,
        "detail": "nothing matches 'nothing'",
        "suggestions": ["Something"],
    }


async def test_a_gate_that_fails_is_a_problem_that_names_it() -> None:
    """And does not tell what the error said."""
    stages = FakeStages()
    stages.sentiment.result = ValueError("password: hunter2")
    assert problem(await ask("/v1/digest?term=ada", stages)) == {
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
async def test_a_source_that_fails_is_a_problem(error: Exception, kind: str, status: int) -> None:
    """Of the kind that it says."""
    body = problem(await ask("/v1/digest?term=ada", FakeStages(FakeStage(error))))
    assert (body["type"], body["status"]) == (f"urn:wiki-digest:{kind}", status)
    assert body["detail"] == error.args[0]


@pytest.mark.parametrize("path", ONE_TERM[:2])
async def test_time_that_is_up_is_a_problem(path: str) -> None:
    """The stage that was waited for is named."""
    stages = FakeStages()
    stages.sentiment.may_answer.clear()
    async with client_of(application(stages, deadline_s=0.01)) as client:
        body = problem(await with_timeout(client.get(f"{path}ada")))
    assert (body["type"], body["status"]) == ("urn:wiki-digest:deadline-exceeded", 504)
    assert body["detail"] == "sentiment did not answer in time"


async def test_models_that_do_not_answer_are_a_problem() -> None:
    """They are not waited for longer than a digest is."""

    async def never() -> tuple[ModelInfo, ...]:
        await asyncio.Event().wait()
        return ()

    async with client_of(application(FakeStages(), never, deadline_s=0.01)) as client:
        body = problem(await with_timeout(client.get("/v1/models")))
    assert (body["type"], body["status"]) == ("urn:wiki-digest:deadline-exceeded", 504)


async def test_an_error_that_nobody_foresaw_leaks_nothing() -> None:
    """It is our fault, and the client learns no more."""

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
async def test_a_term_that_cannot_be_searched_for_is_a_problem(
    path: str, term: str, detail: str
) -> None:
    """No stage is asked, and no stream is begun."""
    stages = FakeStages()
    assert problem(await ask(path + quote(term), stages)) == {
        "type": "urn:wiki-digest:bad-term",
        "title": "The search term is not valid",
        "status": 422,
        "detail": detail,
    }
    assert stages.sentiment.calls == 0


@pytest.mark.parametrize(
    "term", ["🦆", "عادا لافليس", "\u202eadA", "<script>alert(1)</script>", "a&b=c;d", "é", "%00"]
)
async def test_a_term_in_any_script_comes_back_as_it_was(term: str) -> None:
    """Markup and signs are words like any others."""
    response = await ask(f"/v1/digest?term={quote(term, safe='')}")
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    assert response.json()["term"] == term


async def test_white_space_around_a_term_does_not_matter() -> None:
    """It is taken off before anything is asked."""
    assert (await ask("/v1/digest?term=%20ada+")).json()["term"] == "ada"


async def test_of_a_term_that_is_given_twice_the_last_counts() -> None:
    """As in most of the web."""
    assert (await ask("/v1/digest?term=ada&term=babbage")).json()["term"] == "babbage"


@pytest.mark.parametrize("path", ["/?trem=1", "/v1/digest", "/v1/digest/stream?foo=1"])
async def test_a_term_that_is_not_given_is_a_fault(path: str) -> None:
    """It is said by its name."""
    name = "search_term" if path.startswith("/?") else "term"
    assert (f"query.{name}", "Field required") in faults(await ask(path))


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
async def test_an_unknown_parameter_is_a_fault(path: str, fault: tuple[str, str]) -> None:
    """It names the one that was perhaps meant."""
    assert fault in faults(await ask(path))


async def test_faults_are_put_into_one_sentence_too() -> None:
    """For those who read no further than the detail."""
    body = problem(await ask("/v1/digest?trm=ada"))
    assert body["title"] == "The request is not valid"
    assert body["detail"] == 'query.term: Field required; query.trm: unknown; did you mean "term"?'


@pytest.mark.parametrize("path", ["/v2/digest", "/docs", "/redoc", "/v1", "/favicon.ico"])
async def test_a_path_that_leads_nowhere_is_a_problem(path: str) -> None:
    """Not found, and nothing more is known of it."""
    assert problem(await ask(path)) == {
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
async def test_a_method_that_is_not_allowed_is_a_problem(
    method: str, path: str, allowed: str
) -> None:
    """It says which are."""
    response = await ask(path, method=method)
    assert problem(response)["status"] == 405
    assert response.headers["allow"] == allowed


@pytest.mark.parametrize("path", [f"{path}babbage" for path in ONE_TERM])
async def test_who_comes_when_all_places_are_taken_is_refused(path: str) -> None:
    """At once, and told when to come back; the one inside is answered."""
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
            "detail": "1 requests are being answered already; try again soon",
        }
        stages.sentiment.may_answer.set()
        assert (await with_timeout(inside)).status_code == 200


async def test_what_is_loaded_is_told_when_all_places_are_taken() -> None:
    """It is no digest."""
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
async def test_who_has_been_answered_makes_room(path: str, query: str) -> None:
    """However the answer turned out."""
    async with client_of(application(FakeStages(), max_concurrent=1)) as client:
        for _ in range(2):
            assert (await with_timeout(client.get(f"{path}?{query}"))).status_code != 503


async def test_a_client_who_leaves_cancels_the_work_and_makes_room() -> None:
    """The next one is let in."""
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
    """Every `$ref` in a document."""
    if isinstance(schema, dict):
        here = {schema["$ref"]} if isinstance(schema.get("$ref"), str) else set[str]()
        return here.union(*map(references, schema.values()))
    return set[str]().union(*map(references, schema)) if isinstance(schema, list) else set()


def test_every_reference_in_the_documentation_leads_somewhere() -> None:
    """Problem among them."""
    document = application(FakeStages()).openapi()
    there = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert references(document) - there == set()
    assert "#/components/schemas/Problem" in references(document)


def test_every_route_documents_its_problems() -> None:
    """By status."""
    paths = application(FakeStages()).openapi()["paths"]
    documented = {
        path: {status for status in operation["responses"] if status != "200"}
        for path, operations in paths.items()
        for operation in operations.values()
    }
    assert documented == {
        "/": {"422", "502", "503", "504"},
        "/v1/digest": {"404", "422", "502", "503", "504"},
        "/v1/digest/stream": {"422", "503"},
        "/v1/digests": {"400", "413", "422", "503"},
        "/v1/suggestions": {"422", "502", "503", "504"},
        "/v1/models": {"422", "502", "503", "504"},
    }


def test_every_documented_problem_is_one() -> None:
    """It has the media type and the shape of all the others."""
    operations = application(FakeStages()).openapi()["paths"].values()
    contents = [
        response["content"]
        for methods in operations
        for operation in methods.values()
        for status, response in operation["responses"].items()
        if status != "200"
    ]
    reference = {"$ref": "#/components/schemas/Problem"}
    assert contents == [{PROBLEM_JSON: {"schema": reference}}] * len(contents)


def test_the_documentation_shows_the_bounds_of_a_term() -> None:
    """Who goes by it is not surprised."""
    paths = application(FakeStages()).openapi()["paths"]
    (term,) = paths["/v1/digest"]["get"]["parameters"]
    assert (term["name"], term["in"], term["required"]) == ("term", "query", True)
    assert (term["schema"]["minLength"], term["schema"]["maxLength"]) == (1, 200)


async def test_the_documentation_can_be_read() -> None:
    """As JSON, from where such things are."""
    document = (await ask("/openapi.json")).json()
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
async def test_titles_are_suggested(query: str, titles: list[str]) -> None:
    """Those that begin so; some to begin with, where nothing is typed yet."""
    assert (await ask(f"/v1/suggestions{query}")).json() == {"titles": titles}


async def test_a_beginning_that_cannot_be_searched_for_is_refused() -> None:
    """As a term is."""
    response = await ask(f"/v1/suggestions?term={'x' * 201}")
    assert problem(response)["type"] == "urn:wiki-digest:bad-term"


async def test_a_source_that_cannot_suggest_is_a_problem() -> None:
    """In its own words."""

    async def suggest(_: str) -> tuple[str, ...]:
        raise SourceTimeout("wiki.test did not answer within 5 s")

    async with client_of(application(FakeStages(), suggest=suggest)) as client:
        body = problem(await client.get("/v1/suggestions?term=a"))
    assert (body["status"], body["detail"]) == (504, "wiki.test did not answer within 5 s")
