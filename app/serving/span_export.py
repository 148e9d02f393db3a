"""Sends spans to a collector, by OTLP over HTTP, from a thread with a bounded queue.

A collector that is down or slow costs requests nothing: what the queue cannot hold is dropped.
"""

import logging
import socket
import time
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from ray import serve
from ray.serve.exceptions import RayServeException

from app.config.tracing import TracingSettings
from app.core.errors import ConfigError
from app.core.tracing import Off, Tracer
from app.serving.shared_work import detached
from app.serving.tracing import Traces

MOST_SPANS: Final = 2048
"""Spans that wait at most, about 200 requests; later ones are dropped."""
EVERY_MS: Final = 1000
"""Less than the two seconds that Serve lets a stopping replica live after its last request."""
TIMEOUT_S: Final = 3.0
TELL_S: Final = 600.0
"""Seconds between two warnings that spans are lost."""
_log = logging.getLogger("ray.serve")


def check(settings: TracingSettings) -> None:
    """Check that spans can be sent.

    Raises:
        ConfigError: the extra `tracing` is not installed.
    """
    if settings.sample_ratio:
        try:
            version("opentelemetry-exporter-otlp-proto-http")
        except PackageNotFoundError:
            detail = "tracing.sample_ratio: needs the extra: pip install 'wiki-digest[tracing]'"
            raise ConfigError(detail) from None


def tracer(settings: TracingSettings) -> Tracer:
    """The tracer of this replica."""
    if not settings.sample_ratio:
        return Off(detached)
    for name in ("opentelemetry.exporter.otlp", "opentelemetry.sdk._shared_internal"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # they tell of each batch: see Quiet
    provider = TracerProvider(resource=_resource(), shutdown_on_exit=False)
    exporter = Quiet(_exporter(settings))
    provider.add_span_processor(BatchSpanProcessor(exporter, MOST_SPANS, EVERY_MS))
    return Traces(provider, settings.sample_ratio, context=detached)


class Quiet(SpanExporter):
    """Tells now and then how many spans were lost, instead of with each batch."""

    def __init__(self, exporter: SpanExporter, clock: Callable[[], float] = time.monotonic) -> None:
        self._exporter = exporter
        self._clock = clock
        self._lost = 0
        self._told = -TELL_S

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send the spans."""
        result = self._exporter.export(spans)
        if result is not SpanExportResult.SUCCESS:
            self._lost += len(spans)
            self._tell()
        return result

    def shutdown(self) -> None:
        """Close the connection."""
        self._exporter.shutdown()

    def _tell(self) -> None:
        if (now := self._clock()) - self._told >= TELL_S:
            _log.warning("the collector of traces does not answer: %d spans lost", self._lost)
            self._told, self._lost = now, 0


def _exporter(settings: TracingSettings) -> SpanExporter:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
        OTLPSpanExporter,  # the extra `tracing`
    )

    base = str(settings.endpoint).rstrip("/") if settings.endpoint else ""
    return OTLPSpanExporter(f"{base}/v1/traces" if base else None, timeout=TIMEOUT_S)


def _resource() -> Resource:
    """What sends the spans; OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES have the last word."""
    own = {
        "service.name": "wiki-digest",
        "service.version": version("wiki-digest"),
        "host.name": socket.gethostname(),
        **_replica(),
    }
    return Resource.create(own).merge(OTELResourceDetector().detect())


def _replica() -> dict[str, str]:
    try:
        replica = serve.get_replica_context().replica_id
    except RayServeException:  # not in a replica
        return {}
    return {
        "service.instance.id": replica.unique_id,
        "ray.serve.deployment": replica.deployment_id.name,
    }
