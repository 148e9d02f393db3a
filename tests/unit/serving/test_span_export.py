import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from app.config.tracing import TracingSettings
from app.core.tracing import Off, Tracer
from app.serving import span_export
from app.serving.shared_work import detached
from app.serving.span_export import TELL_S, Quiet
from devtools.server import free_port
from tests.support.eventually import eventually
from tests.support.fake_clock import FakeClock
from tests.support.otlp_receiver import OtlpReceiver

EXPORT_THREAD = "OtelBatchSpanRecordProcessor"


class Unreachable(InMemorySpanExporter):
    """An exporter that loses all spans."""

    def export(self, _: object) -> SpanExportResult:
        return SpanExportResult.FAILURE


def tracer(endpoint: str, ratio: float = 1) -> Tracer:
    settings = TracingSettings.model_validate({"sample_ratio": ratio, "endpoint": endpoint})
    return span_export.tracer(settings)


def test_no_tracer_and_no_thread_without_a_sample() -> None:
    made = span_export.tracer(TracingSettings())
    assert isinstance(made, Off)
    assert made.context is detached


def test_spans_reach_a_collector_with_what_sent_them() -> None:
    with OtlpReceiver() as receiver:
        made = tracer(receiver.address)
        with made.begin("GET /v1/digest", {}, {"http.request.method": "GET"}), made.span("source"):
            pass
        inner, outer = receiver.spans(lambda spans: len(spans) == 2)
    assert (outer.name, outer.kind, outer.parent) == ("GET /v1/digest", "server", "")
    assert (inner.name, inner.kind, inner.parent) == ("source", "internal", outer.id)
    assert inner.trace == outer.trace
    assert outer.attributes == {"http.request.method": "GET"}
    assert outer.resource["service.name"] == "wiki-digest"
    assert {"service.version", "host.name"} <= outer.resource.keys()


def test_the_environment_names_the_service_and_its_attributes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "digests")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=staging")
    with OtlpReceiver() as receiver:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.address)
        with span_export.tracer(TracingSettings(sample_ratio=1)).begin("GET /", {}):
            pass
        (span,) = receiver.spans()
    assert span.resource["service.name"] == "digests"
    assert span.resource["deployment.environment.name"] == "staging"


def hanging(receiver: OtlpReceiver) -> AbstractContextManager[None]:
    return receiver.hanging()


@pytest.mark.parametrize(("status", "state"), [(503, nullcontext), (200, hanging)])
def test_a_collector_that_does_not_answer_delays_nothing(
    status: int, state: Callable[[OtlpReceiver], AbstractContextManager[object]]
) -> None:
    batches = 12
    with OtlpReceiver(status) as receiver, state(receiver):
        made = tracer(receiver.address)
        started = time.perf_counter()
        for _ in range(batches * 512):
            with made.begin("GET /", {}):
                pass
        seconds = time.perf_counter() - started
        receiver.spans(lambda _: receiver.requests > 0)
    assert seconds < batches * span_export.TIMEOUT_S / 2


def test_a_collector_that_is_down_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()
    quiet = Quiet(Unreachable(), clock.monotonic)
    span = TracerProvider(shutdown_on_exit=False).get_tracer("test").start_span("GET /")
    with caplog.at_level(logging.INFO):
        for _ in range(10):
            quiet.export([span])  # type: ignore[list-item]
    assert caplog.messages == ["the collector of traces does not answer: 1 spans lost"]
    clock.sleep(TELL_S)
    quiet.export([])
    assert caplog.messages[1:] == ["the collector of traces does not answer: 9 spans lost"]


def test_the_library_tells_nothing_of_a_collector_that_is_down(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with (
        caplog.at_level(logging.DEBUG),
        tracer(f"http://127.0.0.1:{free_port()}").begin("GET /", {}),
    ):
        pass

    def tellers() -> set[str]:
        return {record.name for record in caplog.records}

    eventually("a record of ours", lambda: "ray.serve" in tellers(), 20, every_s=0.05)
    assert not any(name.startswith("opentelemetry") for name in tellers())
