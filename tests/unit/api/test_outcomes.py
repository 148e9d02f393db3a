"""What the metrics say of requests, through the whole API."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from app.api.about import Instruments
from app.api.outcomes import Outcome, outcome_of, route_of
from app.api.request_context import RequestContext, WithContext, current
from app.api.routes import build_app
from app.config.settings import Settings
from app.core.errors import SourceFailed, StageFailed
from app.metrics.table import (
    DIGESTS,
    ENTRIES,
    GATE_SCORE,
    IN_PROGRESS,
    LIMIT,
    LOOKUPS,
    MISSING,
    REFUSED,
    REQUEST_SECONDS,
    REQUESTS,
)
from tests.support.fake_recorder import FakeRecorder
from tests.support.fakes import (
    DECLINED,
    NEGATIVE_TONE,
    UNREAD_TONE,
    FakeStages,
    client_of,
    find_article,
    list_models,
    suggest_titles,
    with_timeout,
)

ONE = "/v1/digest"


def stages(**results: Any) -> FakeStages:
    made = FakeStages()
    for name, result in results.items():
        getattr(made, name).result = result
    return made


def api(given: FakeStages, recorder: FakeRecorder, **groups: Any) -> FastAPI:
    settings = Settings.model_validate(groups)
    driver, instruments = given.driver(settings), Instruments(recorder)
    return build_app(driver, settings, list_models, suggest_titles, instruments)


async def after(*paths: str, given: FakeStages | None = None, **groups: Any) -> FakeRecorder:
    """The metrics after these requests, one after the other."""
    recorder = FakeRecorder()
    async with client_of(api(given or FakeStages(), recorder, **groups)) as client:
        for path in paths:
            await with_timeout(client.get(path))
    return recorder


async def after_post(*terms: str, given: FakeStages | None = None) -> FakeRecorder:
    recorder = FakeRecorder()
    async with client_of(api(given or FakeStages(), recorder)) as client:
        await with_timeout(client.post("/v1/digests", json={"terms": terms}))
    return recorder


@pytest.mark.parametrize("path", [f"{ONE}?term=", f"{ONE}/stream?term=", "/?search_term="])
@pytest.mark.parametrize(
    ("results", "outcome"),
    [
        ({}, "ok"),
        ({"sentiment": NEGATIVE_TONE}, "rejected"),
        ({"entities": ValueError("no")}, "degraded"),
        ({"sentiment": ValueError("no")}, "stage-failed"),
    ],
    ids=["ok", "rejected", "degraded", "failed"],
)
async def test_a_request_has_its_route_and_the_status_of_its_digest(
    path: str, results: dict[str, Any], outcome: str
) -> None:
    recorder = await after(f"{path}ada", given=stages(**results))
    route = path.partition("?")[0]
    assert recorder.counted(REQUESTS) == {(route, outcome, "false"): 1}


@pytest.mark.parametrize(
    ("path", "route", "outcome"),
    [
        (f"{ONE}?term=nothing", ONE, "no-article"),
        ("/?search_term=nothing", "/", "no-article"),
        (f"{ONE}/stream?term=nothing", f"{ONE}/stream", "no-article"),
        (f"{ONE}?term=", ONE, "bad-term"),
        (f"{ONE}?term=ada&x=1", ONE, "invalid-request"),
        (f"{ONE}?term={'a' * 20_000}", ONE, "client-error"),
        ("/nowhere", "other", "client-error"),
        ("/web/no-such-file.js", "/web", "client-error"),
        ("/web/page.js", "/web", "ok"),
        ("/v1/suggestions?term=a", "/v1/suggestions", "ok"),
        ("/v1/models", "/v1/models", "ok"),
        ("/openapi.json", "/openapi.json", "ok"),
        ("/docs", "/docs", "ok"),
    ],
)
async def test_every_other_answer_has_an_outcome(path: str, route: str, outcome: str) -> None:
    recorder = await after(path)
    assert recorder.counted(REQUESTS) == {(route, outcome, "false"): 1}


async def test_a_request_without_a_valid_key_is_counted(tmp_path: Path) -> None:
    (tmp_path / "keys").touch()
    recorder = await after(f"{ONE}?term=ada", api={"keys_file": tmp_path / "keys"})
    assert recorder.counted(REQUESTS) == {(ONE, "key-needed", "false"): 1}


async def test_an_error_that_nobody_expects_is_internal() -> None:
    async def broken(_: str) -> tuple[str, ...]:
        raise ValueError("no")

    recorder = FakeRecorder()
    instruments = Instruments(recorder)
    app = build_app(FakeStages().driver(), Settings(), list_models, broken, instruments)
    async with client_of(app) as client:
        assert (await with_timeout(client.get("/v1/suggestions"))).status_code == 500
    assert recorder.counted(REQUESTS) == {("/v1/suggestions", "internal", "false"): 1}


async def test_a_client_that_goes_away_is_counted_as_cancelled() -> None:
    given, recorder = FakeStages(), FakeRecorder()
    given.sentiment.may_answer.clear()
    async with client_of(api(given, recorder)) as client:
        asking = asyncio.create_task(client.get(f"{ONE}?term=ada"))
        await with_timeout(given.sentiment.started.wait())
        asking.cancel()
        await asyncio.wait([asking])
    assert recorder.counted(REQUESTS) == {(ONE, "cancelled", "false"): 1}
    assert recorder.observed(REQUEST_SECONDS, ONE) == []


async def test_a_cached_answer_is_counted_without_its_time() -> None:
    recorder = await after(*[f"{ONE}?term=ada"] * 3)
    assert recorder.counted(REQUESTS) == {(ONE, "ok", "false"): 1, (ONE, "ok", "true"): 2}
    assert recorder.counted(DIGESTS) == {("ok", "false"): 1, ("ok", "true"): 2}
    assert len(recorder.observed(REQUEST_SECONDS, ONE)) == 1


async def test_a_cached_answer_of_another_route_is_too() -> None:
    recorder = await after(f"{ONE}?term=ada", "/?search_term=ada")
    assert recorder.counted(REQUESTS) == {(ONE, "ok", "false"): 1, ("/", "ok", "true"): 1}
    assert recorder.observed(REQUEST_SECONDS, "/") == []


async def test_only_answers_have_a_time() -> None:
    recorder = await after(f"{ONE}?term=nothing", f"{ONE}?term=ada")
    (seconds,) = recorder.observed(REQUEST_SECONDS, ONE)
    assert 0 < seconds < 5


@pytest.mark.parametrize(
    ("terms", "outcome"),
    [
        (("ada", "kyoto"), "ok"),
        (("ada", "nothing", ""), "ok"),
        (("nothing", "nothing"), "no-article"),
        (("ada", "broken", "nothing"), "source-failed"),
    ],
)
async def test_a_post_has_the_outcome_of_its_worst_term(
    terms: tuple[str, ...], outcome: str
) -> None:
    """An article that does not exist, or an invalid term, is no failure of the others."""

    async def find(term: str) -> Any:
        if term == "broken":
            raise SourceFailed
        return await find_article(term)

    recorder = await after_post(*terms, given=FakeStages(find))
    assert recorder.counted(REQUESTS) == {("/v1/digests", outcome, "false"): 1}


async def test_each_term_of_a_post_is_a_digest() -> None:
    recorder = await after_post("ada", "kyoto", "nothing")
    assert recorder.counted(DIGESTS) == {("ok", "false"): 2}


@pytest.mark.parametrize(
    ("result", "reason"), [(DECLINED, "declined"), (StageFailed("no"), "failed")]
)
async def test_a_missing_stage_is_counted_once_with_its_reason(result: Any, reason: str) -> None:
    recorder = await after(f"{ONE}?term=ada", given=stages(entities=result))
    assert recorder.counted(MISSING) == {("entities", reason): 1}


async def test_the_score_of_the_gate_is_between_0_and_1_and_counted_once() -> None:
    recorder = await after(f"{ONE}?term=ada", f"{ONE}?term=ada", "/?search_term=ada")
    assert recorder.observed(GATE_SCORE) == [pytest.approx(0.45)]


async def test_an_article_that_was_not_judged_has_no_score() -> None:
    recorder = await after(f"{ONE}?term=ada", given=stages(sentiment=UNREAD_TONE))
    assert recorder.observed(GATE_SCORE) == []


async def test_failures_begin_at_zero() -> None:
    """Otherwise Prometheus would not see the first one."""
    recorder = await after()
    assert recorder.value(REQUESTS, ONE, "stage-failed", "false") == 0
    assert recorder.value(MISSING, "entities", "failed") == 0
    assert recorder.value(REFUSED, "busy") == 0


async def test_terms_in_progress_are_counted_while_they_run() -> None:
    given, recorder = FakeStages(), FakeRecorder()
    given.sentiment.may_answer.clear()
    async with client_of(api(given, recorder, digest={"max_concurrent": 7})) as client:
        asking = asyncio.create_task(client.get(f"{ONE}?term=ada"))
        await with_timeout(given.sentiment.started.wait())
        assert (recorder.value(IN_PROGRESS), recorder.value(LIMIT)) == (1, 7)
        given.sentiment.may_answer.set()
        await with_timeout(asking)
    assert recorder.value(IN_PROGRESS) == 0


def test_an_outcome_is_kept_in_the_state_of_its_request() -> None:
    scope: dict[str, Any] = {}
    assert outcome_of(scope) is outcome_of({**scope})
    assert isinstance(scope["state"]["outcome"], Outcome)


@pytest.mark.parametrize(
    ("path", "route"),
    [("/", "/"), ("/v1/digest", "/v1/digest"), ("/web/", "/web"), ("/v1/digest/x", "other")],
)
def test_a_path_has_one_of_few_routes(path: str, route: str) -> None:
    assert route_of(path) == route


async def told(path: str, given: FakeStages | None = None, *terms: str) -> dict[str, object]:
    """What the log tells of a second request to `path`, a POST if there are terms."""
    seen: list[RequestContext] = []
    app = api(given or FakeStages(), FakeRecorder())

    async def server(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, send)
        seen.extend(filter(None, [current()]))

    whole: Any = WithContext(server)
    async with client_of(whole) as client:
        for _ in range(2):
            post = client.post(path, json={"terms": terms}) if terms else client.get(path)
            await with_timeout(post)
    return seen[1].fields()


@pytest.mark.parametrize("path", [f"{ONE}?term=", f"{ONE}/stream?term=", "/?search_term="])
@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ({}, {"outcome": "ok", "cached": True, "article": "ada"}),
        ({"sentiment": NEGATIVE_TONE}, {"outcome": "rejected", "cached": True, "article": "ada"}),
        (
            {"entities": ValueError("no")},
            {"outcome": "degraded", "missing": ["entities"], "article": "ada"},
        ),
        ({"sentiment": ValueError("no")}, {"outcome": "stage-failed", "stage": "sentiment"}),
    ],
    ids=["ok", "rejected", "degraded", "failed"],
)
async def test_the_log_tells_the_outcome_what_is_missing_and_the_article(
    path: str, results: dict[str, Any], expected: dict[str, object]
) -> None:
    found = await told(f"{path}ada", stages(**results))
    if "stream" in path:  # its stages are asked, also where they remember
        found.pop("cached", None)
        expected = {name: value for name, value in expected.items() if name != "cached"}
    assert found == expected


async def test_of_many_terms_the_log_tells_the_worst_outcome_and_all_articles() -> None:
    found = await told("/v1/digests", None, "ada", "babbage", "nothing")
    assert found == {"outcome": "ok", "cached": True, "article": "ada; babbage"}


async def test_of_other_answers_the_log_tells_that_they_are_ok() -> None:
    assert await told("/v1/models") == {"outcome": "ok"}


async def test_rendered_answers_are_a_cache_that_the_first_cached_answer_misses() -> None:
    """Nothing is rendered for the answer before, which is computed."""
    recorder = await after(*[f"{ONE}?term=ada"] * 4)
    assert recorder.value(LOOKUPS, "rendered", "miss") == 1
    assert recorder.value(LOOKUPS, "rendered", "hit") == 2
    assert recorder.value(ENTRIES, "rendered") == 1
