import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from app.api.admission import TERMS_AT_ONCE
from app.api.limits import MAX_BODY_BYTES, MAX_TERM, MAX_TERMS
from app.api.schemas import Items
from app.core.values import Article, Status
from tests.support.fakes import (
    FakeStages,
    application,
    client_of,
    faults,
    find_article,
    problem,
    with_timeout,
)

JSON = {"content-type": "application/json"}


async def post(body: str | bytes | AsyncIterator[bytes], **headers: str) -> httpx.Response:
    """Post this body, by default as JSON."""
    async with client_of(application(FakeStages())) as client:
        return await with_timeout(client.post("/v1/digests", content=body, headers=JSON | headers))


async def post_terms(stages: FakeStages, terms: list[str], **digest: Any) -> Items:
    """Post these terms; `digest` holds settings of the group `digest`."""
    async with client_of(application(stages, **digest)) as client:
        response = await with_timeout(client.post("/v1/digests", json={"terms": terms}))
    assert response.status_code == 200
    return Items.model_validate_json(response.content)


def statuses(answered: Items) -> list[str]:
    """Return the status of each digest, or the type of each problem."""
    return [
        item.digest.status if item.digest else item.problem.type if item.problem else "nothing"
        for item in answered.items
    ]


async def test_items_are_in_the_order_of_the_terms() -> None:
    answered = await post_terms(FakeStages(), ["ada", "babbage", "ada"])
    assert [item.term for item in answered.items] == ["ada", "babbage", "ada"]
    assert [item.digest and item.digest.title for item in answered.items] == [
        "ada",
        "babbage",
        "ada",
    ]


async def test_the_order_does_not_depend_on_which_term_finishes_first() -> None:
    ready = asyncio.Event()

    async def find_last_first(term: str) -> Article:
        if term == "last":
            ready.set()
        await ready.wait()
        return await find_article(term)

    answered = await post_terms(FakeStages(find_last_first), ["first", "second", "last"])
    assert [item.term for item in answered.items] == ["first", "second", "last"]


async def test_a_failed_term_fails_only_its_own_item() -> None:
    terms = ["ada", "nothing", "", "a\0b", "x" * 201, "babbage"]
    answered = await post_terms(FakeStages(), terms)
    assert [item.term for item in answered.items] == [*terms[:4], "x" * 200 + "…", "babbage"]
    assert statuses(answered) == [
        "ok",
        "urn:wiki-digest:no-article",
        "urn:wiki-digest:bad-term",
        "urn:wiki-digest:bad-term",
        "urn:wiki-digest:bad-term",
        "ok",
    ]


async def test_a_failed_item_holds_the_whole_problem() -> None:
    (item,) = (await post_terms(FakeStages(), ["nothing"])).items
    assert item.problem is not None
    assert (item.problem.status, item.problem.title) == (404, "No pages found")
    assert item.problem.suggestions == ("Something",)
    assert item.digest is None


async def test_a_lone_surrogate_in_a_term_fails_only_its_own_item() -> None:
    """JSON can escape a lone surrogate, but UTF-8 cannot encode it."""
    response = await post(r'{"terms": ["\ud800", "ada", "duck \ud83e\udd86"]}')
    assert response.status_code == 200
    assert statuses(Items.model_validate_json(response.content)) == [
        "urn:wiki-digest:bad-term",
        "ok",
        "ok",
    ]


async def test_a_lone_surrogate_in_a_field_name_is_an_error() -> None:
    response = await post(r'{"terms": ["ada"], "\ud800": 1}')
    assert len(faults(response)) == 1


async def test_an_item_has_the_term_as_sent_and_its_digest_has_it_stripped() -> None:
    (item,) = (await post_terms(FakeStages(), [" ada "])).items
    assert item.digest is not None
    assert (item.term, item.digest.term) == (" ada ", "ada")


async def test_a_term_that_is_too_long_is_cut_in_its_item() -> None:
    (item,) = (await post_terms(FakeStages(), ["x" * 100_000])).items
    assert item.problem
    assert "100,000 characters" in item.problem.detail
    assert item.term == "x" * MAX_TERM + "…"


async def test_the_maximum_of_longest_terms_is_answered() -> None:
    answered = await post_terms(
        FakeStages(), [f"{i:03}" + "🦆" * (MAX_TERM - 3) for i in range(100)]
    )
    assert statuses(answered) == ["ok"] * MAX_TERMS


async def test_concurrency_within_a_request_is_limited() -> None:
    inside, most = 0, 0
    full = asyncio.Event()

    async def find_counting(term: str) -> Article:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        if inside == TERMS_AT_ONCE:
            full.set()
        await full.wait()
        await asyncio.sleep(0)
        inside -= 1
        return await find_article(term)

    await post_terms(FakeStages(find_counting), [f"{i}" for i in range(3 * TERMS_AT_ONCE)])
    assert most == TERMS_AT_ONCE


async def test_all_terms_share_one_deadline() -> None:
    stages = FakeStages()
    stages.sentiment.may_answer.clear()
    terms = [f"{i}" for i in range(3 * TERMS_AT_ONCE)]
    answered = await post_terms(stages, terms, deadline_s=1)
    assert statuses(answered) == ["urn:wiki-digest:deadline-exceeded"] * len(terms)
    took = [item.problem.detail for item in answered.items if item.problem]
    assert set(took) == {f"{stage} did not answer in time" for stage in ("sentiment", "source")}


async def test_a_slow_term_does_not_fail_the_others() -> None:
    async def find_slowly(term: str) -> Article:
        if term == "slow":
            await asyncio.Event().wait()
        return await find_article(term)

    answered = await post_terms(FakeStages(find_slowly), ["ada", "slow", "babbage"], deadline_s=2)
    assert statuses(answered) == ["ok", "urn:wiki-digest:deadline-exceeded", "ok"]


async def test_what_was_cached_is_answered_though_it_is_evicted_meanwhile() -> None:
    stages = FakeStages()
    async with client_of(application(stages, cache_size=1)) as client:
        await with_timeout(client.get("/v1/digest?term=ada"))
        stages.sentiment.may_answer.clear()
        stages.sentiment.started.clear()
        body = {"terms": ["ada", "babbage", " "]}
        posted = asyncio.create_task(client.post("/v1/digests", json=body))
        await with_timeout(stages.sentiment.started.wait())
        stages.sentiment.may_answer.set()
        answered = Items.model_validate_json((await with_timeout(posted)).content)
    assert statuses(answered) == ["ok", "ok", "urn:wiki-digest:bad-term"]
    assert stages.sentiment.calls == 2


async def test_a_degraded_digest_is_not_a_problem() -> None:
    stages = FakeStages()
    stages.entities.result = ValueError("password: hunter2")
    (item,) = (await post_terms(stages, ["ada"])).items
    assert item.digest is not None
    assert (item.digest.status, item.problem) == (Status.DEGRADED, None)


async def test_a_request_with_many_terms_fits_the_smallest_limit() -> None:
    stages = FakeStages()
    stages.sentiment.may_answer.clear()
    body = {"terms": ["ada", "babbage"]}
    async with client_of(application(stages, max_concurrent=1)) as client:
        inside = asyncio.create_task(client.post("/v1/digests", json=body))
        await with_timeout(stages.sentiment.started.wait())
        response = await with_timeout(client.post("/v1/digests", json=body))
        assert (problem(response)["status"], response.headers["retry-after"]) == (503, "1")
        stages.sentiment.may_answer.set()
        assert statuses(Items.model_validate_json((await with_timeout(inside)).content)) == [
            "ok",
            "ok",
        ]
        assert (await with_timeout(client.post("/v1/digests", json=body))).status_code == 200


async def test_a_disconnect_cancels_all_terms() -> None:
    stages = FakeStages()
    stages.sentiment.may_answer.clear()
    async with client_of(application(stages)) as client:
        request = asyncio.create_task(client.post("/v1/digests", json={"terms": ["ada"]}))
        await with_timeout(stages.sentiment.started.wait())
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await with_timeout(request)
        await with_timeout(stages.sentiment.ended.wait())
    assert stages.sentiment.cancelled == 1


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (
            '{"terms": []}',
            ("body.terms", "List should have at least 1 item after validation, not 0"),
        ),
        ('{"terms": "ada"}', ("body.terms", "Input should be a valid list")),
        ('{"terms": {"0": "ada"}}', ("body.terms", "Input should be a valid list")),
        ('{"terms": ["ada", 1]}', ("body.terms.1", "Input should be a valid string")),
        ('{"terms": [null]}', ("body.terms.0", "Input should be a valid string")),
        ('{"terms": [["ada"]]}', ("body.terms.0", "Input should be a valid string")),
        ("{}", ("body.terms", "Field required")),
        ("", ("body", "Field required")),
        ('{"terms": ["ada"', ("body.16", "JSON decode error")),
        ('{"terms": ["ada"], "x": 1}', ("body.x", "unknown; known: terms")),
        ('{"trems": ["ada"]}', ("body.trems", 'unknown; did you mean "terms"?')),
    ],
)
async def test_an_invalid_body_is_a_problem_with_the_path_of_the_error(
    body: str, fault: tuple[str, str]
) -> None:
    assert fault in faults(await post(body))


@pytest.mark.parametrize("body", ["[]", "null", '"ada"', "1", "NaN", "true"])
async def test_a_body_that_is_not_an_object_is_a_problem(body: str) -> None:
    assert [where for where, _ in faults(await post(body))] == ["body"]


async def test_too_many_terms_are_a_problem() -> None:
    body = '{"terms": [' + ", ".join(['"ada"'] * (MAX_TERMS + 1)) + "]}"
    message = "List should have at most 100 items after validation, not 101"
    assert faults(await post(body)) == [("body.terms", message)]


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml"]
)
async def test_a_body_with_another_content_type_is_a_problem(kind: str) -> None:
    response = await post('{"terms": ["ada"]}', **{"content-type": kind})
    assert [where for where, _ in faults(response)] == ["body"]


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/vnd.x+json"])
async def test_json_content_types_are_accepted(kind: str) -> None:
    assert (await post('{"terms": ["ada"]}', **{"content-type": kind})).status_code == 200


@pytest.mark.parametrize(
    "body",
    [b'{"terms": ["\xff"]}', b"[" * 50_000, b'{"terms": [' + b"1" * 5_000 + b"]}"],
    ids=["not UTF-8", "deep", "long number"],
)
async def test_a_body_that_cannot_be_parsed_is_a_400_problem(body: bytes) -> None:
    assert problem(await post(body))["status"] == 400


async def test_a_body_of_exactly_the_limit_is_accepted() -> None:
    body = b'{"terms": ["ada"]}'.ljust(MAX_BODY_BYTES)
    assert (await post(body)).status_code == 200
    assert (await post(body + b" ")).status_code == 413


async def test_an_unknown_parameter_is_an_error() -> None:
    async with client_of(application(FakeStages())) as client:
        response = await with_timeout(client.post("/v1/digests?term=ada", json={"terms": ["ada"]}))
    assert [where for where, _ in faults(response)] == ["query.term"]
