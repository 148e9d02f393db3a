import asyncio
import re

import pytest
from opentelemetry.trace import StatusCode, format_span_id, format_trace_id

from app.core.errors import NoArticle, StageFailed
from app.core.tracing import belong_to, trace_id
from tests.support.recorded_traces import SAMPLED, SPAN, TRACE, UNSAMPLED, RecordedTraces


def test_a_span_without_a_current_one_is_not_recorded() -> None:
    traces = RecordedTraces()
    with traces.span("source") as span:
        assert not span.recorded
    assert traces.spans == []
    assert traces.here() == ""


def test_a_span_is_within_the_current_one() -> None:
    traces = RecordedTraces()
    with traces.begin("GET /", {}), traces.span("source"), traces.span("GET api.php", "client"):
        pass
    assert traces.names == ["GET api.php", "source", "GET /"]
    assert traces.parent_of("GET api.php") == "source"
    assert traces.parent_of("source") == "GET /"
    assert traces.parent_of("GET /") is None


def test_the_trace_of_the_caller_is_continued() -> None:
    traces = RecordedTraces(ratio=0.1, chance=0.9)
    with traces.begin("GET /", SAMPLED):
        assert trace_id() == TRACE
    (span,) = traces.spans
    assert span.context
    assert span.parent
    assert format_trace_id(span.context.trace_id) == TRACE
    assert format_span_id(span.parent.span_id) == SPAN


def test_a_caller_that_does_not_sample_decides_for_what_follows() -> None:
    traces = RecordedTraces()
    with traces.begin("GET /", UNSAMPLED) as span, traces.span("source"):
        assert not span.recorded
        assert trace_id() == TRACE
    assert traces.spans == []


@pytest.mark.parametrize(("chance", "spans"), [(0.24, 1), (0.25, 0)])
def test_chance_decides_without_a_caller(chance: float, spans: int) -> None:
    traces = RecordedTraces(ratio=0.25, chance=chance)
    with traces.begin("GET /", {}):
        pass
    assert len(traces.spans) == spans


@pytest.mark.parametrize("headers", [{}, UNSAMPLED])
def test_a_request_that_is_not_sampled_has_one_trace_id_in_all_processes(
    headers: dict[str, str],
) -> None:
    caller, replica = (RecordedTraces(ratio=0.1, chance=0.9) for _ in range(2))
    with caller.begin("GET /", headers):
        expected, here = trace_id(), caller.here()
    assert re.fullmatch("[0-9a-f]{32}", expected)
    belong_to("")
    for name in ("sentiment", "sentiment batch"):
        with replica.resume(name, ["", here]) as span:
            assert not span.recorded
            assert trace_id() == expected
    assert replica.spans == []


def test_two_requests_that_are_not_sampled_have_two_trace_ids() -> None:
    traces = RecordedTraces(ratio=0.1, chance=0.9)
    seen = set()
    for _ in range(2):
        with traces.begin("GET /", {}):
            seen.add(trace_id())
    assert len(seen) == 2


def test_a_batch_is_in_the_traces_of_those_that_are_sampled() -> None:
    traces = RecordedTraces()
    with traces.begin("first", UNSAMPLED):
        unsampled = traces.here()
    with traces.begin("second", {}):
        sampled, expected = traces.here(), trace_id()
    with traces.resume("batch", [unsampled, sampled]):
        assert trace_id() == expected
    assert traces.parent_of("batch") == "second"
    assert traces.span_of("batch").links == ()


@pytest.mark.parametrize("header", ["", "00-1-2-01", f"ff-{TRACE}-{SPAN}-01", "x" * 10_000])
def test_an_invalid_parent_is_none(header: str) -> None:
    traces = RecordedTraces()
    with traces.begin("GET /", {"traceparent": header}):
        pass
    assert traces.parent_of("GET /") is None


def test_a_span_is_resumed_in_another_process() -> None:
    caller, replica = RecordedTraces(), RecordedTraces()
    with caller.begin("GET /", {}), caller.span("sentiment"):
        here, expected = caller.here(), trace_id()
    with replica.resume("sentiment", [here], "server"), replica.span("inside"):
        assert trace_id() == expected
    called, calling = replica.span_of("sentiment"), caller.span_of("sentiment")
    assert called.parent
    assert calling.context
    assert called.parent.span_id == calling.context.span_id
    assert called.links == ()
    assert replica.parent_of("inside") == "sentiment"


def test_a_batch_is_in_each_of_its_traces_and_linked_to_all() -> None:
    traces = RecordedTraces()
    callers = []
    for name in ("first", "second"):
        with traces.begin(name, {}):
            callers.append(traces.here())
    with traces.resume("batch", ["", *callers, ""]), traces.span("inside"):
        pass
    batches = [span for span in traces.spans if span.name == "batch"]
    first, second = sorted(batches, key=lambda span: -len(span.links))
    requests = [traces.span_of(name).context for name in ("first", "second")]
    assert first.context
    assert [link.context.span_id for link in first.links] == [
        one.span_id for one in requests if one
    ]
    assert [link.context.span_id for link in second.links] == [first.context.span_id]
    for batch, request in zip((first, second), requests, strict=True):
        assert batch.parent
        assert request
        assert batch.parent.span_id == request.span_id
    inside = traces.span_of("inside").parent
    assert inside
    assert inside.span_id == first.context.span_id


def test_what_is_resumed_without_a_parent_is_not_in_the_current_trace() -> None:
    """The queue of a batch runs in the context of the request that was first in it."""
    traces = RecordedTraces()
    with traces.begin("GET /", {}), traces.resume("batch", [""]) as span, traces.span("inside"):
        assert not span.recorded
    assert traces.names == ["GET /"]


def test_a_request_that_is_not_sampled_is_not_in_the_trace_of_another() -> None:
    """A pipelined request begins in the context of the one before it."""
    traces = RecordedTraces()
    with traces.begin("first", {}), traces.begin("second", UNSAMPLED), traces.span("source"):
        pass
    assert traces.names == ["first"]


async def test_a_context_for_a_task_holds_the_span() -> None:
    traces = RecordedTraces()

    async def work() -> None:
        with traces.span("source"):
            pass

    with traces.begin("GET /", {}):
        await asyncio.create_task(work(), context=traces.context())
    assert traces.parent_of("source") == "GET /"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ValueError("a secret term"), StatusCode.ERROR),
        (StageFailed("no"), StatusCode.ERROR),
        (NoArticle("nothing matches 'a secret term'"), StatusCode.UNSET),
        (asyncio.CancelledError(), StatusCode.UNSET),
    ],
)
def test_an_error_is_noted_by_its_type_alone(error: BaseException, status: StatusCode) -> None:
    traces = RecordedTraces()
    with pytest.raises(type(error)), traces.begin("GET /", {}):
        raise error
    (span,) = traces.spans
    assert span.attributes == {"error.type": type(error).__name__}
    assert span.status.status_code is status
    assert span.events == ()
    assert not span.status.description
