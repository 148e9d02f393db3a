"""The fields of records; tests/graph/test_logs.py reads those of a real Serve."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from app.api.request_context import WithContext, tell
from app.core.tracing import belong_to
from app.serving import log_fields
from app.serving.log_fields import LogFields, ToServe
from tests.support.fakes import client_of, with_timeout
from tests.support.recorded_traces import SAMPLED, TRACE, RecordedTraces


def fields(message: str = "hello", *, stage: str = "", terms: bool = False, **extra: Any) -> Any:
    """The fields of a record that has passed the filter, with its message."""
    plain = vars(logging.makeLogRecord({}))
    record = logging.makeLogRecord({"msg": message} | extra)
    assert LogFields(stage=stage, terms=terms).filter(record)
    return {k: v for k, v in vars(record).items() if k not in plain} | {"message": record.msg}


def access(message: str, **options: Any) -> Any:
    """The fields of an access line of Serve."""
    found = fields(message, serve_access_log=True, **options)
    del found["serve_access_log"]
    return found


async def during(line: str, told: Any = None, *, terms: bool = False, **headers: str) -> Any:
    """The fields of an access line that is written as a request ends, of which this is told."""
    seen: list[Any] = []

    async def app(*_: object) -> None:
        tell(lambda: told or {})
        seen.append(access(line, terms=terms))

    wrapped: Any = WithContext(app)
    async with client_of(wrapped) as client:
        with pytest.raises(AssertionError):  # it sends no response
            await with_timeout(client.get("/", headers=headers))
    return seen[0]


def test_other_records_are_as_they_were() -> None:
    assert fields() == {"message": "hello"}


def test_the_records_of_a_stage_name_it() -> None:
    assert fields(stage="entities") == {"message": "hello", "stage": "entities"}


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("GET /v1/digest 200 12.3ms", {"status": 200, "outcome": "ok", "seconds": 0.0123}),
        ("GET / 404 1.0ms", {"status": 404, "outcome": "client-error", "seconds": 0.001}),
        ("GET / 499 1.0ms", {"status": 499, "outcome": "cancelled", "seconds": 0.001}),
        ("GET / 408 1.0ms", {"status": 408, "outcome": "cancelled", "seconds": 0.001}),
        ("GET / 599 1.0ms", {"status": 599, "outcome": "internal", "seconds": 0.001}),
        ("CALL __call__ OK 3.4ms", {"outcome": "ok", "seconds": 0.0034}),
        ("CALL __call__ ERROR 3.4ms", {"outcome": "error", "seconds": 0.0034}),
        ("10.0.0.1:7 GET /v1 200 1.0ms", {"status": 200, "outcome": "ok", "seconds": 0.001}),
    ],
)
def test_an_access_line_has_the_parts_of_its_message(
    message: str, expected: dict[str, object]
) -> None:
    assert access(message) == expected | {"message": f"{message} {expected['outcome']}"}


def test_an_access_line_of_another_form_passes() -> None:
    """As a later release of Serve may write it."""
    assert access("something else") == {"message": "something else"}


async def test_an_access_line_tells_the_outcome_of_its_request() -> None:
    told = {"outcome": "degraded", "missing": ["entities"], "article": "Ada"}
    assert await during("GET /v1/digest 200 1.0ms", told) == {
        "status": 200,
        "seconds": 0.001,
        "outcome": "degraded",
        "missing": ["entities"],
        "message": "GET /v1/digest 200 1.0ms degraded",
    }


async def test_a_stream_whose_client_has_gone_is_cancelled() -> None:
    found = await during("GET /v1/digest/stream 499 1.0ms", {"outcome": "ok"})
    assert found["outcome"] == "cancelled"


@pytest.mark.parametrize("terms", [False, True])
async def test_titles_of_articles_are_written_only_if_a_setting_says_so(terms: bool) -> None:  # noqa: FBT001
    found = await during("GET / 200 1.0ms", {"article": "Ada"}, terms=terms)
    assert found.get("article") == ("Ada" if terms else None)
    assert fields(terms=terms, article="Ada").get("article") == ("Ada" if terms else None)


async def test_a_record_has_the_trace_of_its_client() -> None:
    header = f"00-{TRACE}-00f067aa0ba902b7-01"
    found = await during("GET / 200 1.0ms", traceparent=header)
    assert found["trace_id"] == TRACE


def test_a_record_has_the_trace_that_begins_here() -> None:
    traces = RecordedTraces()
    with traces.begin("GET /", {}):
        found = fields()
    context = traces.span_of("GET /").context
    assert context
    assert found["trace_id"] == format(context.trace_id, "032x")


def test_the_last_record_of_a_call_has_its_trace() -> None:
    """Serve writes the line of a call once it has ended."""
    traces = RecordedTraces()
    with traces.begin("GET /", SAMPLED):
        caller = traces.here()
    belong_to("")
    with traces.resume("entities", [caller], "server"):
        pass
    assert fields()["trace_id"] == TRACE


@pytest.fixture
def serve(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """What reaches Serve's log, of all levels."""
    logger = log_fields.SERVE
    level, propagate = logger.level, logger.propagate
    logger.addHandler(caplog.handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    yield caplog
    logger.removeHandler(caplog.handler)
    logger.setLevel(level)
    logger.propagate = propagate


def test_a_record_of_the_application_reaches_serves_log_whole(
    serve: pytest.LogCaptureFixture,
) -> None:
    error = (ValueError, ValueError("no"), None)
    given = {"name": "app.api.problems", "levelno": logging.ERROR, "exc_info": error}
    ToServe().handle(logging.makeLogRecord(given))
    ToServe().handle(logging.makeLogRecord(given | {"levelno": logging.DEBUG}))
    (record,) = serve.records
    assert (record.name, record.exc_info) == ("app.api.problems", error)
