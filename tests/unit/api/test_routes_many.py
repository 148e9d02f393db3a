import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from app.api.limits import MAX_BODY_BYTES, MAX_TERM, MAX_TERMS
from app.api.routes import TERMS_AT_ONCE
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
MEGABYTE = 1_000_000


async def post(body: str | bytes | AsyncIterator[bytes], **headers: str) -> httpx.Response:
    """The answer to this body; it is called JSON where nothing else is said."""
    async with client_of(application(FakeStages())) as client:
        return await with_timeout(client.post("/v1/digests", content=body, headers=JSON | headers))


async def items(stages: FakeStages, terms: list[str], **digest: Any) -> Items:
    """What became of these terms, with these settings of `digest`."""
    async with client_of(application(stages, **digest)) as client:
        response = await with_timeout(client.post("/v1/digests", json={"terms": terms}))
    assert response.status_code == 200
    return Items.model_validate_json(response.content)


def outcomes(answered: Items) -> list[str]:
    """The status of each digest, the type of each problem."""
    return [
        item.digest.status if item.digest else item.problem.type if item.problem else "nothing"
        for item in answered.items
    ]


async def in_pieces(size: int) -> AsyncIterator[bytes]:
    """White space, whose length nobody knows before it has come."""
    for _ in range(size // 1000):
        yield b" " * 1000


async def test_each_term_is_answered_in_its_order() -> None:
    """The answers are those that each would have got alone."""
    answered = await items(FakeStages(), ["ada", "babbage", "ada"])
    assert [item.term for item in answered.items] == ["ada", "babbage", "ada"]
    assert [item.digest and item.digest.title for item in answered.items] == [
        "ada",
        "babbage",
        "ada",
    ]


async def test_the_order_does_not_depend_on_who_is_ready_first() -> None:
    """The first term waits for the last."""
    ready = asyncio.Event()

    async def backwards(term: str) -> Article:
        if term == "last":
            ready.set()
        await ready.wait()
        return await find_article(term)

    answered = await items(FakeStages(backwards), ["first", "second", "last"])
    assert [item.term for item in answered.items] == ["first", "second", "last"]


async def test_a_term_that_fails_spoils_only_its_own_item() -> None:
    """Whatever is wrong with it."""
    terms = ["ada", "nothing", "", "a\0b", "x" * 201, "babbage"]
    answered = await items(FakeStages(), terms)
    assert [item.term for item in answered.items] == terms
    assert outcomes(answered) == [
        "ok",
        "urn:wiki-digest:no-article",
        "urn:wiki-digest:bad-term",
        "urn:wiki-digest:bad-term",
        "urn:wiki-digest:bad-term",
        "ok",
    ]


async def test_an_item_has_all_that_a_problem_says() -> None:
    """Its status, though the whole was answered with 200, and its suggestions."""
    (item,) = (await items(FakeStages(), ["nothing"])).items
    assert item.problem is not None
    assert (item.problem.status, item.problem.title) == (404, "No pages found")
    assert item.problem.suggestions == ("Something",)
    assert item.digest is None


async def test_half_a_character_spoils_only_its_own_item() -> None:
    """JSON can say half of a pair of surrogates, though UTF-8 cannot say it again."""
    response = await post(r'{"terms": ["\ud800", "ada", "duck \ud83e\udd86"]}')
    assert response.status_code == 200
    assert outcomes(Items.model_validate_json(response.content)) == [
        "urn:wiki-digest:bad-term",
        "ok",
        "ok",
    ]


async def test_half_a_character_in_the_name_of_a_field_is_a_fault() -> None:
    """A problem can be written down, whatever it is about."""
    response = await post(r'{"terms": ["ada"], "\ud800": 1}')
    assert len(faults(response)) == 1


async def test_white_space_around_a_term_does_not_matter() -> None:
    """The item has the term as it was sent, the digest as it was looked for."""
    (item,) = (await items(FakeStages(), [" ada "])).items
    assert item.digest is not None
    assert (item.term, item.digest.term) == (" ada ", "ada")


async def test_as_many_terms_as_are_allowed_are_answered() -> None:
    """Even the longest."""
    answered = await items(FakeStages(), [f"{i:03}" + "🦆" * (MAX_TERM - 3) for i in range(100)])
    assert outcomes(answered) == ["ok"] * MAX_TERMS


async def test_terms_are_worked_on_together_but_not_all_at_once() -> None:
    """So many that batches are filled, and no more."""
    inside, most = 0, 0
    full = asyncio.Event()

    async def counting(term: str) -> Article:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        if inside == TERMS_AT_ONCE:
            full.set()
        await full.wait()
        await asyncio.sleep(0)
        inside -= 1
        return await find_article(term)

    await items(FakeStages(counting), [f"{i}" for i in range(3 * TERMS_AT_ONCE)])
    assert most == TERMS_AT_ONCE


async def test_terms_share_one_deadline() -> None:
    """Those that had to wait for others do not get more time."""
    stages = FakeStages()
    stages.sentiment.may_answer.clear()
    terms = [f"{i}" for i in range(3 * TERMS_AT_ONCE)]
    answered = await items(stages, terms, deadline_s=0.1)
    assert outcomes(answered) == ["urn:wiki-digest:deadline-exceeded"] * len(terms)
    took = [item.problem.detail for item in answered.items if item.problem]
    assert set(took) == {"sentiment did not answer in time"}


async def test_what_was_ready_in_time_is_answered() -> None:
    """A slow term does not spoil those that were quick."""

    async def slow(term: str) -> Article:
        if term == "slow":
            await asyncio.Event().wait()
        return await find_article(term)

    answered = await items(FakeStages(slow), ["ada", "slow", "babbage"], deadline_s=0.3)
    assert outcomes(answered) == ["ok", "urn:wiki-digest:deadline-exceeded", "ok"]


async def test_a_degraded_digest_is_an_answer() -> None:
    """It is no problem."""
    stages = FakeStages()
    stages.entities.result = ValueError("password: hunter2")
    (item,) = (await items(stages, ["ada"])).items
    assert item.digest is not None
    assert (item.digest.status, item.problem) == (Status.DEGRADED, None)


async def test_many_terms_take_one_place() -> None:
    """They are one request; another one is refused meanwhile, and let in afterwards."""
    stages = FakeStages()
    stages.sentiment.may_answer.clear()
    body = {"terms": ["ada", "babbage"]}
    async with client_of(application(stages, max_concurrent=1)) as client:
        inside = asyncio.create_task(client.post("/v1/digests", json=body))
        await with_timeout(stages.sentiment.started.wait())
        response = await with_timeout(client.post("/v1/digests", json=body))
        assert (problem(response)["status"], response.headers["retry-after"]) == (503, "1")
        stages.sentiment.may_answer.set()
        assert outcomes(Items.model_validate_json((await with_timeout(inside)).content)) == [
            "ok",
            "ok",
        ]
        assert (await with_timeout(client.post("/v1/digests", json=body))).status_code == 200


async def test_a_client_who_leaves_cancels_all_of_its_work() -> None:
    """Term by term."""
    stages = FakeStages()
    stages.sentiment.may_answer.clear()
    async with client_of(application(stages)) as client:
        asked = asyncio.create_task(client.post("/v1/digests", json={"terms": ["ada"]}))
        await with_timeout(stages.sentiment.started.wait())
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await with_timeout(asked)
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
async def test_a_body_that_is_not_as_it_should_be_is_a_problem(
    body: str, fault: tuple[str, str]
) -> None:
    """It says where it is wrong, and how."""
    assert fault in faults(await post(body))


@pytest.mark.parametrize("body", ["[]", "null", '"ada"', "1", "NaN", "true"])
async def test_a_body_that_is_no_object_is_a_problem(body: str) -> None:
    """Whatever else it is."""
    assert [where for where, _ in faults(await post(body))] == ["body"]


async def test_too_many_terms_are_a_problem() -> None:
    """One more than is allowed is too many; it says how many are."""
    body = '{"terms": [' + ", ".join(['"ada"'] * (MAX_TERMS + 1)) + "]}"
    message = "List should have at most 100 items after validation, not 101"
    assert faults(await post(body)) == [("body.terms", message)]


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml"]
)
async def test_a_body_that_is_not_said_to_be_json_is_a_problem(kind: str) -> None:
    """It is not guessed at."""
    response = await post('{"terms": ["ada"]}', **{"content-type": kind})
    assert [where for where, _ in faults(response)] == ["body"]


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/vnd.x+json"])
async def test_a_body_that_is_some_kind_of_json_is_read(kind: str) -> None:
    """Whatever else its type says."""
    assert (await post('{"terms": ["ada"]}', **{"content-type": kind})).status_code == 200


@pytest.mark.parametrize(
    "body",
    [b'{"terms": ["\xff"]}', b"[" * 50_000, b'{"terms": [' + b"1" * 5_000 + b"]}"],
    ids=["not UTF-8", "deep", "long number"],
)
async def test_a_body_that_cannot_be_read_is_a_problem(body: bytes) -> None:
    """Ours is not the fault."""
    assert problem(await post(body))["status"] == 400


async def test_a_body_that_says_that_it_is_too_large_is_a_problem() -> None:
    """It is refused by its length."""
    assert problem(await post(b" " * MEGABYTE))["status"] == 413


async def test_a_body_that_turns_out_to_be_too_large_is_a_problem() -> None:
    """Also where it did not say so before."""
    assert problem(await post(in_pieces(MEGABYTE)))["status"] == 413


async def test_a_body_that_is_just_not_too_large_is_read() -> None:
    """White space counts like anything else."""
    body = b'{"terms": ["ada"]}'.ljust(MAX_BODY_BYTES)
    assert (await post(body)).status_code == 200
    assert (await post(body + b" ")).status_code == 413


async def test_an_unknown_parameter_is_a_fault() -> None:
    """Here as on all the other routes."""
    async with client_of(application(FakeStages())) as client:
        response = await with_timeout(client.post("/v1/digests?term=ada", json={"terms": ["ada"]}))
    assert [where for where, _ in faults(response)] == ["query.term"]
