"""Traces as the code that they describe sees them: a tracer that is injected, and spans.

`serving/tracing.py` makes them with OpenTelemetry. Names and attributes of spans hold no term and
no title.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from contextvars import Context, ContextVar
from typing import Final, Literal, Protocol, TypeAlias

Attributes: TypeAlias = Mapping[str, str | bool | int | float]
Kind: TypeAlias = Literal["internal", "client", "server"]
NONE: Final[Attributes] = {}

_trace_id: ContextVar[str] = ContextVar("trace_id", default="")


def trace_id() -> str:
    """The id of the trace that this request belongs to, in 32 hex digits; empty without one."""
    return _trace_id.get()


def belong_to(trace: str) -> None:
    """Let the rest of this task belong to a trace, or to none if it is empty."""
    _trace_id.set(trace)


class Span(Protocol):
    """Something that took time, within a trace."""

    @property
    def recorded(self) -> bool:
        """Whether anything that is set will be seen."""

    def set(self, attributes: Attributes) -> None:
        """Add attributes."""

    def fail(self, kind: str) -> None:
        """Mark it as failed; `kind` is the type of the error."""


class Tracer(Protocol):
    """Begins spans, which end with their `with` block. Thread-safe."""

    def begin(
        self, name: str, parent: Mapping[str, str], attributes: Attributes = NONE
    ) -> AbstractContextManager[Span]:
        """The span of a request, if it is sampled; `parent`: its headers of W3C Trace Context."""

    def span(
        self, name: str, kind: Kind = "internal", attributes: Attributes = NONE
    ) -> AbstractContextManager[Span]:
        """A span within the current one; nothing is recorded without one."""

    def resume(
        self,
        name: str,
        parents: Iterable[str],
        kind: Kind = "internal",
        attributes: Attributes = NONE,
    ) -> AbstractContextManager[Span]:
        """A span within each of `parents` (of `here`); the first is current, and linked to all."""

    def here(self) -> str:
        """The current span as a `traceparent`, for another process or task; else empty."""

    @property
    def context(self) -> Callable[[], Context]:
        """Makes a context for a task that several requests share, with the current span."""


class Nothing:
    """A span that is not recorded."""

    recorded: Final = False

    def set(self, attributes: Attributes) -> None:
        """Do nothing."""

    def fail(self, kind: str) -> None:
        """Do nothing."""


NOTHING: Final[AbstractContextManager[Span]] = nullcontext(Nothing())


class Off:
    """A tracer that records nothing; `context` makes the contexts of new tasks."""

    def __init__(self, context: Callable[[], Context] = Context) -> None:
        self.context = context

    def begin(self, *_: object, **__: object) -> AbstractContextManager[Span]:
        """Nothing."""
        return NOTHING

    span = resume = begin

    def here(self) -> str:
        """No span."""
        return ""


OFF: Final[Tracer] = Off()
