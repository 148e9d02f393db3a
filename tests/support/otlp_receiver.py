"""A collector of traces: takes spans by OTLP over HTTP, as the official protobufs define it."""

import gzip
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2

from tests.support.http_server import HttpServer, Request

WITHIN_S = 20.0
Value = str | bool | int | float


class Span(NamedTuple):
    """A span as it arrived; ids are hexadecimal, `parent` is empty for a root."""

    name: str
    trace: str
    id: str
    parent: str
    kind: str
    failed: bool
    attributes: dict[str, Value]
    resource: dict[str, Value]
    links: tuple[str, ...]
    start: int
    end: int


class OtlpReceiver(HttpServer):
    """Keeps all spans."""

    def __init__(self, status: int = 200, host: str = "127.0.0.1") -> None:
        super().__init__(host)
        self._spans: list[Span] = []
        self._arrived = threading.Condition()
        self._may_answer = threading.Event()
        self._may_answer.set()
        self._status = status
        self.requests = 0

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Take spans, and answer nobody until the context ends."""
        self._may_answer.clear()
        try:
            yield
        finally:
            self._may_answer.set()

    def answer(self, request: Request) -> None:
        """Keep the spans of a request, and answer it."""
        body = request.body()
        if request.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        assert request.path == "/v1/traces", request.path
        assert request.headers["Content-Type"] == "application/x-protobuf"
        self._keep(list(_spans(ExportTraceServiceRequest.FromString(body))))
        if not self._may_answer.is_set():
            self._may_answer.wait()
            return
        request.send(self._status, ExportTraceServiceResponse().SerializeToString())

    def spans(self, complete: Callable[[Sequence[Span]], bool] = bool) -> list[Span]:
        """All spans so far, once they are `complete`."""
        deadline = time.monotonic() + WITHIN_S
        with self._arrived:
            while not complete(self._spans):
                left = deadline - time.monotonic()
                assert left > 0, f"these spans have arrived: {self._spans}"
                self._arrived.wait(left)
            return list(self._spans)

    def trace(self, trace: str, spans: int) -> list[Span]:
        """The spans of a trace, once there are so many."""
        self.spans(lambda found: sum(one.trace == trace for one in found) >= spans)
        return [one for one in self._spans if one.trace == trace]

    def _keep(self, spans: Sequence[Span]) -> None:
        with self._arrived:
            self.requests += 1
            if self._status < 400:
                self._spans += spans
            self._arrived.notify_all()


def _spans(request: ExportTraceServiceRequest) -> Iterator[Span]:
    for resource in request.resource_spans:
        about = _values(resource.resource.attributes)
        for scope in resource.scope_spans:
            yield from (_span(span, about) for span in scope.spans)


def _span(span: trace_pb2.Span, resource: dict[str, Value]) -> Span:
    return Span(
        name=span.name,
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        kind=trace_pb2.Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_").lower(),
        failed=span.status.code == trace_pb2.Status.STATUS_CODE_ERROR,
        attributes=_values(span.attributes),
        resource=resource,
        links=tuple(link.span_id.hex() for link in span.links),
        start=span.start_time_unix_nano,
        end=span.end_time_unix_nano,
    )


def _values(attributes: Sequence[KeyValue]) -> dict[str, Value]:
    return {one.key: _value(one.value) for one in attributes}


def _value(value: AnyValue) -> Value:
    kind = value.WhichOneof("value")
    found: Value = getattr(value, kind or "string_value")
    return found
