import asyncio
import gc
from typing import Any
from weakref import ref

import httpx
import pytest
from fastapi import FastAPI

from app.api.cached_answers import CachedAnswers
from app.api.routes import build_app
from app.config.settings import Settings
from app.core.errors import CACHED_ONLY, REFUSED_CLIENT
from app.core.values import Article
from tests.support.fakes import (
    DECLINED,
    NEGATIVE_TONE,
    REFUSED_TONE,
    SUMMARY,
    FakeStages,
    article,
    client_of,
    list_models,
    problem,
    suggest_titles,
    with_timeout,
)

ADA = "/v1/digest?term=ada"
BY_THE_ROUTE = "/v1/digest?term=babbage&term=ada"
"""The same digest; a query with two terms is not answered from bytes."""
ONE_ARTICLE = {"source": {"cache_size": 1}}


def api(stages: FakeStages, **groups: Any) -> FastAPI:
    """The whole API; `groups` are settings."""
    settings = Settings.model_validate(groups)
    return build_app(stages.driver(settings), settings, list_models, suggest_titles)


async def ask(stages: FakeStages, *paths: str, **groups: Any) -> list[httpx.Response]:
    """Send these requests to one API, one after the other; `groups` are settings."""
    same = {"x-request-id": "1"}
    async with client_of(api(stages, **groups)) as client:
        return [await with_timeout(client.get(path, headers=same)) for path in paths]


def comparable(response: httpx.Response) -> tuple[list[tuple[str, Any]], httpx.Headers]:
    """The members of a digest in order, and the headers, but for the milliseconds."""
    headers = response.headers.copy()
    del headers["content-length"]
    body = response.json()
    return [*(body | {"ms": list(body["ms"])}).items()], headers


def stages_with(**results: Any) -> FakeStages:
    stages = FakeStages()
    for name, result in results.items():
        getattr(stages, name).result = result
    return stages


STAGES: dict[str, dict[str, Any]] = {
    "ok": {},
    "rejected": {"sentiment": NEGATIVE_TONE},
    "refused": {"sentiment": REFUSED_TONE},
    "declined": {"entities": DECLINED},
    "not ascii": {"summarizer": SUMMARY.model_copy(update={"text": 'Zoë "🦆" \n\u2028</script>'})},
}


@pytest.mark.parametrize("results", STAGES.values(), ids=STAGES)
async def test_a_cached_answer_is_that_of_the_route(results: dict[str, Any]) -> None:
    first, route, rendered, again = await ask(stages_with(**results), ADA, BY_THE_ROUTE, ADA, ADA)
    assert (first.json()["cached"], route.json()["cached"]) == (False, True)
    assert comparable(rendered) == comparable(again) == comparable(route)
    assert len(again.content) == int(again.headers["content-length"])


@pytest.mark.parametrize("path", [ADA, "/", "/v1/suggestions?start=a", "/nowhere"])
async def test_whom_haproxy_refuses_gets_cached_answers_only(path: str) -> None:
    stages = FakeStages()
    marked = {CACHED_ONLY: "1"}
    async with client_of(api(stages)) as client:
        refused = await with_timeout(client.get(path, headers=marked))
        await with_timeout(client.get(ADA))
        remembered = await with_timeout(client.get(ADA, headers=marked))
    assert problem(refused)["type"] == "urn:wiki-digest:over-share"
    assert refused.headers["retry-after"] == "10"
    assert REFUSED_CLIENT not in refused.headers, "else no refusal would ever end"
    assert remembered.json()["cached"]


async def test_a_cached_answer_reaches_neither_a_route_nor_a_stage() -> None:
    async def refuse(*given: object) -> None:
        raise AssertionError(given)

    stages = FakeStages()
    driver = stages.driver()
    await driver.digest("ada")
    cached: Any = CachedAnswers(refuse, driver, 1)
    async with client_of(cached) as client:
        response = await with_timeout(client.get(ADA))
    assert (response.status_code, response.json()["cached"]) == (200, True)
    assert stages.sentiment.calls == 1


@pytest.mark.parametrize(
    ("query", "term"), [("ADA", "ADA"), ("%61da", "ada"), ("+ada%20", "ada"), ("a++da", "a  da")]
)
async def test_the_term_is_as_in_the_request(query: str, term: str) -> None:
    responses = await ask(
        FakeStages(), f"/v1/digest?term={term}", *[f"/v1/digest?term={query}"] * 2
    )
    assert [response.json()["term"] for response in responses] == [term] * 3
    assert [response.json()["cached"] for response in responses] == [False, True, True]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{ADA}&x=1", 422),
        ("/v1/digest", 422),
        ("/v1/digest?term=", 422),
        ("/v1/digest?term=a%00", 422),
        ("/v1/digest?Term=ada", 422),
        ("/v1/digest?term=nothing", 404),
        ("/v1/digest/?term=ada", 404),
        ("/?search_term=ada", 200),
    ],
)
async def test_other_requests_are_answered_as_before(path: str, status: int) -> None:
    responses = await ask(FakeStages(), ADA, ADA, path, path)
    assert [response.status_code for response in responses] == [200, 200, status, status]
    assert responses[2].content == responses[3].content


async def test_another_method_is_refused() -> None:
    async with client_of(api(FakeStages())) as client:
        for _ in range(2):
            await with_timeout(client.get(ADA))
        assert problem(await with_timeout(client.post(ADA)))["status"] == 405


async def test_head_has_the_headers_of_a_cached_answer_without_its_body() -> None:
    async with client_of(api(FakeStages())) as client:
        first, *_ = [await with_timeout(client.get(ADA)) for _ in range(2)]
        head = await with_timeout(client.head(ADA))
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers.keys() == first.headers.keys()


@pytest.mark.parametrize(
    "path", [ADA, f"{ADA}&", "/?search_term=ada", "/v1/digest/stream?term=ada"]
)
async def test_a_cached_answer_is_not_refused_by_a_full_server(path: str) -> None:
    stages = FakeStages()
    async with client_of(api(stages, digest={"max_concurrent": 1})) as client:
        await with_timeout(client.get(ADA))
        stages.sentiment.may_answer.clear()
        stages.sentiment.started.clear()
        inside = asyncio.create_task(client.get("/v1/digest?term=babbage"))
        await with_timeout(stages.sentiment.started.wait())
        assert (await with_timeout(client.get(path))).status_code == 200
        posted = await with_timeout(client.post("/v1/digests", json={"terms": ["ada"]}))
        assert posted.json()["items"][0]["digest"]["cached"]
        other = await with_timeout(client.get("/v1/digest?term=curie"))
        assert problem(other)["status"] == 503
        stages.sentiment.may_answer.set()
        await with_timeout(inside)


async def test_an_evicted_digest_is_made_again() -> None:
    stages = FakeStages()
    other = "/v1/digest?term=babbage"
    responses = await ask(stages, ADA, ADA, other, ADA, ADA, digest={"cache_size": 1})
    cached = [response.json()["cached"] for response in responses]
    assert cached == [False, True, False, False, True]
    assert stages.entities.calls == 3


async def test_without_a_cache_nothing_is_cached() -> None:
    for group in ("digest", "source"):
        stages = FakeStages()
        responses = await ask(stages, ADA, ADA, ADA, **{group: {"cache_size": 0}})
        assert [response.status_code for response in responses] == [200] * 3


async def test_a_degraded_answer_is_not_cached() -> None:
    stages = stages_with(entities=ValueError("no"))
    async with client_of(api(stages)) as client:
        for _ in range(2):
            assert (await with_timeout(client.get(ADA))).json()["status"] == "degraded"
        stages.entities.result = STAGES["declined"]["entities"]
        assert (await with_timeout(client.get(ADA))).json()["missing"][0]["declined"]
    assert stages.entities.calls == 3


async def test_an_article_that_was_found_anew_is_rendered_anew() -> None:
    """Its version may be the same, and what the source says of it another."""
    found = iter(["old", "other", "new"])

    async def find(_: str) -> Article:
        return article().model_copy(update={"attribution": next(found)})

    responses = await ask(
        FakeStages(find), ADA, ADA, "/v1/digest?term=babbage", ADA, ADA, **ONE_ARTICLE
    )
    names = [response.json()["attribution"] for response in responses]
    assert names == ["old", "old", "other", "new", "new"]


async def test_a_rendered_answer_does_not_keep_the_article() -> None:
    found: list[ref[Article]] = []

    async def find(term: str) -> Article:
        made = article(term)
        found.append(ref(made))
        return made

    async with client_of(api(FakeStages(find), **ONE_ARTICLE)) as client:
        for path in (ADA, ADA, "/v1/digest?term=babbage"):
            await with_timeout(client.get(path))
        gc.collect()
        assert [one() is None for one in found] == [True, False]
