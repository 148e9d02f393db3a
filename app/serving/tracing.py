"""Spans by OpenTelemetry.

Serve's own hooks for traces are not used (decisions/0021): with them, each process decides again
whether a request is sampled. Here the ingress decides; what follows is in its trace, or in none.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import Context, copy_context
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context as Values
from opentelemetry.context import attach, detach
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Link, SpanKind, Status, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from app.core import request_ids
from app.core.errors import DigestError
from app.core.tracing import NONE, NOTHING, Attributes, Kind, Span, belong_to, trace_id

_W3C: Final = TraceContextTextMapPropagator()
_EMPTY: Final = Values()
_UNSAMPLED: Final = f"{'0' * 15}1-00"
"""The end of a `traceparent` that only tells the trace: a span's id must not be 0."""
_KINDS: Final[Mapping[Kind, SpanKind]] = {
    "internal": SpanKind.INTERNAL,
    "client": SpanKind.CLIENT,
    "server": SpanKind.SERVER,
}


class Recorded:
    """A span that goes to the collector when it ends."""

    recorded: Final = True

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def set(self, attributes: Attributes) -> None:
        """Add attributes."""
        self._span.set_attributes(attributes)

    def fail(self, kind: str) -> None:
        """Mark it as failed."""
        self._span.set_attribute("error.type", kind)
        self._span.set_status(Status(StatusCode.ERROR))


class Traces:
    """A tracer that records `ratio` of the requests which are not part of a trace already."""

    def __init__(
        self,
        provider: TracerProvider,
        ratio: float,
        chance: Callable[[], float] = random.random,
        context: Callable[[], Context] = copy_context,
    ) -> None:
        self.context = context
        self._tracer = provider.get_tracer("wiki-digest")
        self._ratio = ratio
        self._chance = chance

    def begin(
        self, name: str, parent: Mapping[str, str], attributes: Attributes = NONE
    ) -> AbstractContextManager[Span]:
        """The span of a request, if it is sampled: `parent` decides, or else chance.

        A request that is not sampled has a trace's id, for the log, in all processes.
        """
        given = _W3C.extract(parent) if parent else _EMPTY
        context = trace.get_current_span(given).get_span_context()
        if not (context.trace_flags.sampled if context.is_valid else self._chance() < self._ratio):
            belong_to(_id_of(context) if context.is_valid else _new_id())
            return _nothing()
        span = self._tracer.start_span(name, given, SpanKind.SERVER, attributes)
        belong_to(_id_of(span.get_span_context()))
        return _as_current(span)

    def span(
        self, name: str, kind: Kind = "internal", attributes: Attributes = NONE
    ) -> AbstractContextManager[Span]:
        """A span within the current one; nothing is recorded without one."""
        if not _is_recording():
            return NOTHING
        return _as_current(self._tracer.start_span(name, None, _KINDS[kind], attributes))

    def resume(
        self,
        name: str,
        parents: Iterable[str],
        kind: Kind = "internal",
        attributes: Attributes = NONE,
    ) -> AbstractContextManager[Span]:
        """A span within each of `parents` (of `here`); the first is current, and linked to all."""
        told = [one for one in parents if one]
        given = [_W3C.extract({"traceparent": one}) for one in told if _is_sampled(one)]
        if not given:
            belong_to(request_ids.trace_in(told[0]) if told else "")
            return _nothing()
        return self._resume(name, given, _KINDS[kind], attributes)

    @contextmanager
    def _resume(
        self, name: str, parents: list[Values], kind: SpanKind, attributes: Attributes
    ) -> Iterator[Span]:
        """Each trace shows when the span was; those that are not the first link to the first."""
        contexts = [trace.get_current_span(one).get_span_context() for one in parents]
        links = [Link(one) for one in contexts] if len(contexts) > 1 else []
        first = self._tracer.start_span(name, parents[0], kind, attributes, links)
        back = [Link(first.get_span_context())]
        others = [self._tracer.start_span(name, one, kind, attributes, back) for one in parents[1:]]
        belong_to(_id_of(contexts[0]))
        try:
            with _as_current(first) as span:
                yield span
        finally:
            for other in others:
                other.end()

    def here(self) -> str:
        """The current span as a `traceparent`, for another process or task.

        Without a span it only tells the trace, or is empty outside requests.
        """
        if not _is_recording():
            return f"00-{told}-{_UNSAMPLED}" if (told := trace_id()) else ""
        carrier: dict[str, str] = {}
        _W3C.inject(carrier)
        return carrier["traceparent"]


def _id_of(context: trace.SpanContext) -> str:
    return trace.format_trace_id(context.trace_id)


def _new_id() -> str:
    return f"{random.getrandbits(128):032x}"


def _is_sampled(traceparent: str) -> bool:
    return int(traceparent[-2:], 16) & 1 == 1


def _is_recording() -> bool:
    return trace.get_current_span().is_recording()


def _nothing() -> AbstractContextManager[Span]:
    """No span, also where the current context is that of another request."""
    return _without_span() if _is_recording() else NOTHING


@contextmanager
def _without_span() -> Iterator[Span]:
    token = attach(_EMPTY)
    try:
        with NOTHING as span:
            yield span
    finally:
        detach(token)


@contextmanager
def _as_current(span: trace.Span) -> Iterator[Span]:
    """The span, which ends with the block; not the messages of errors, which may hold a term."""
    shown = Recorded(span)
    token = attach(set_span_in_context(span))
    try:
        yield shown
    except BaseException as error:
        kind = type(error).__name__
        if _is_failure(error):
            shown.fail(kind)
        else:
            shown.set({"error.type": kind})
        raise
    finally:
        detach(token)
        span.end()


def _is_failure(error: BaseException) -> bool:
    """Whether it is a failure of ours, not one of the client's errors or a cancellation."""
    if isinstance(error, DigestError):
        return error.status >= 500  # noqa: PLR2004
    return isinstance(error, Exception)
