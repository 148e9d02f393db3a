"""A tracer of OpenTelemetry whose spans are kept in memory."""

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from app.serving.tracing import Traces

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
SAMPLED = {"traceparent": f"00-{TRACE}-{SPAN}-01"}
UNSAMPLED = {"traceparent": f"00-{TRACE}-{SPAN}-00"}


class RecordedTraces(Traces):
    """Records every request that no parent excludes; `spans` in the order of their ends."""

    def __init__(self, ratio: float = 1, chance: float = 0) -> None:
        provider = TracerProvider(shutdown_on_exit=False)
        self._exporter = InMemorySpanExporter()
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        super().__init__(provider, ratio, lambda: chance)

    @property
    def spans(self) -> list[ReadableSpan]:
        return list(self._exporter.get_finished_spans())

    @property
    def names(self) -> list[str]:
        return [span.name for span in self.spans]

    def span_of(self, name: str) -> ReadableSpan:
        """The only span with this name."""
        (found,) = (span for span in self.spans if span.name == name)
        return found

    def parent_of(self, name: str) -> str | None:
        """The name of the parent of the only span with this name; None for a root."""
        parent = self.span_of(name).parent
        ids = {span.context.span_id: span.name for span in self.spans if span.context}
        return ids.get(parent.span_id) if parent else None
