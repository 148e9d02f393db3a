"""What traces say of requests, through the whole API."""

import re
from collections.abc import Mapping
from contextvars import Context
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from opentelemetry.trace import SpanKind, StatusCode

from app.api.about import Instruments
from app.api.routes import build_app
from app.config.settings import Settings
from app.core.errors import NoArticle, StageFailed
from app.core.tracing import OFF, Off, Tracer
from tests.support.fakes import (
    NEGATIVE_TONE,
    FakeStages,
    client_of,
    list_models,
    problem,
    suggest_titles,
)
from tests.support.recorded_traces import SAMPLED, TRACE, UNSAMPLED, RecordedTraces

ONE = "/v1/digest?term=ada"


def api(tracer: Tracer, stages: FakeStages | None = None) -> FastAPI:
    settings = Settings()
    driver = (stages or FakeStages()).driver(settings, tracer)
    return build_app(driver, settings, list_models, suggest_titles, Instruments(tracer=tracer))


def failing(error: Exception) -> FakeStages:
    stages = FakeStages()
    stages.sentiment.result = error
    return stages


async def get(app: FastAPI, path: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
    async with client_of(app) as client:
        return await client.get(path, headers=dict(headers or {}))


async def test_a_request_is_one_trace_with_all_stages() -> None:
    traces = RecordedTraces()
    assert (await get(api(traces), ONE)).is_success
    assert set(traces.names) == {
        "GET /v1/digest",
        "source",
        "sentiment",
        "summarizer",
        "entities",
    }
    assert {traces.parent_of(name) for name in traces.names[:-1]} == {"GET /v1/digest"}


async def test_the_span_of_a_request_tells_its_route_status_and_outcome() -> None:
    traces, stages = RecordedTraces(), FakeStages()
    stages.sentiment.result = NEGATIVE_TONE
    await get(api(traces, stages), ONE)
    span = traces.span_of("GET /v1/digest")
    assert span.kind is SpanKind.SERVER
    assert span.attributes == {
        "http.request.method": "GET",
        "http.route": "/v1/digest",
        "http.response.status_code": 200,
        "wiki_digest.outcome": "rejected",
        "wiki_digest.cached": False,
    }


async def test_a_cached_answer_is_a_span_without_stages() -> None:
    traces = RecordedTraces()
    app = api(traces)
    await get(app, ONE, UNSAMPLED)
    await get(app, ONE)
    assert traces.names == ["GET /v1/digest"]
    assert (traces.span_of("GET /v1/digest").attributes or {})["wiki_digest.cached"] is True


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/nobody/knows?this=secret", "GET other"),
        ("/web/page.js", "GET /web"),
        ("/v1/digest?term=", "GET /v1/digest"),
    ],
)
async def test_names_of_spans_are_few_and_hold_no_query(path: str, name: str) -> None:
    traces = RecordedTraces()
    await get(api(traces), path)
    assert traces.names == [name]
    assert "secret" not in str(traces.spans[0].to_json())


async def test_a_method_of_ones_own_is_not_in_a_name() -> None:
    traces = RecordedTraces()
    async with client_of(api(traces)) as client:
        await client.request("PROPFIND", ONE)
    assert traces.names == ["_OTHER /v1/digest"]


@pytest.mark.parametrize("error", [StageFailed("no", "sentiment"), ValueError("no")])
async def test_a_failure_fails_its_span_and_its_stage(error: Exception) -> None:
    traces = RecordedTraces()
    response = await get(api(traces, failing(error)), ONE)
    assert response.status_code == 502
    request, stage = traces.span_of("GET /v1/digest"), traces.span_of("sentiment")
    assert request.status.status_code is stage.status.status_code is StatusCode.ERROR
    assert (request.attributes or {})["error.type"] == "502"
    assert (request.attributes or {})["wiki_digest.outcome"] == "stage-failed"


async def test_an_error_of_the_client_fails_no_span() -> None:
    traces = RecordedTraces()
    response = await get(api(traces, failing(NoArticle("nothing matches"))), ONE)
    assert response.status_code == 404
    assert {span.status.status_code for span in traces.spans} == {StatusCode.UNSET}


@pytest.mark.parametrize("headers", [SAMPLED, UNSAMPLED])
async def test_a_problem_names_its_trace(headers: dict[str, str]) -> None:
    found = problem(await get(api(RecordedTraces(), failing(StageFailed("no"))), ONE, headers))
    assert found["trace_id"] == TRACE


async def test_an_internal_error_names_its_trace() -> None:
    def broken(_: str) -> Any:
        raise ValueError("no")

    traces = RecordedTraces()
    instruments = Instruments(tracer=traces)
    app = build_app(FakeStages().driver(), Settings(), list_models, broken, instruments)
    found = problem(await get(app, "/v1/suggestions", SAMPLED))
    assert (found["status"], found["trace_id"]) == (500, TRACE)
    assert traces.span_of("GET /v1/suggestions").status.status_code is StatusCode.ERROR


async def test_each_problem_of_many_terms_names_the_trace() -> None:
    async with client_of(api(RecordedTraces(), failing(StageFailed("no")))) as client:
        items = (
            await client.post("/v1/digests", json={"terms": ["a", "b"]}, headers=SAMPLED)
        ).json()
    assert [item["problem"]["trace_id"] for item in items["items"]] == [TRACE, TRACE]


@pytest.mark.parametrize("headers", [None, UNSAMPLED])
async def test_a_request_that_is_not_sampled_leaves_no_span(headers: dict[str, str] | None) -> None:
    traces = RecordedTraces(ratio=0.5, chance=0.5)
    assert (await get(api(traces), ONE, headers)).is_success
    assert traces.spans == []


async def test_a_problem_names_a_trace_whose_request_is_not_sampled() -> None:
    traces = RecordedTraces(ratio=0.5, chance=0.5)
    found = problem(await get(api(traces, failing(StageFailed("no"))), ONE))
    assert re.fullmatch("[0-9a-f]{32}", found["trace_id"])
    assert traces.spans == []


async def test_a_request_without_traces_has_a_problem_without_one() -> None:
    found = problem(await get(api(OFF, failing(StageFailed("no"))), ONE))
    assert "trace_id" not in found


async def test_two_parents_are_none() -> None:
    traces = RecordedTraces()
    async with client_of(api(traces)) as client:
        pairs = [("traceparent", SAMPLED["traceparent"])] * 2
        await client.get(ONE, headers=pairs)
    assert traces.parent_of("GET /v1/digest") is None


async def test_the_state_of_the_caller_is_kept() -> None:
    traces = RecordedTraces()
    states = [("tracestate", "a=1"), ("tracestate", "b=2")]
    async with client_of(api(traces)) as client:
        await client.get(ONE, headers=[*SAMPLED.items(), *states])
    context = traces.span_of("GET /v1/digest").context
    assert context
    assert context.trace_state.to_header() == "a=1,b=2"


async def test_nothing_is_installed_without_traces() -> None:
    assert "Traced" in str(api(RecordedTraces()).user_middleware)
    assert "Traced" not in str(api(Off(Context)).user_middleware)
