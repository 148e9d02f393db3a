"""The settings of traces."""

from typing import Annotated

from pydantic import Field, HttpUrl

from app.config.strict import StrictSettings


class TracingSettings(StrictSettings):
    """Traces by OpenTelemetry; need the extra `tracing` (see docs/operations.md)."""

    sample_ratio: Annotated[float, Field(ge=0, le=1)] = 0
    """part of the requests that are traced, where the client does not decide it by a `traceparent`;
    0: no request is traced"""
    endpoint: HttpUrl | None = None
    """the collector, which takes OTLP over HTTP: `http://HOST:4318`; default: the environment
    variable OTEL_EXPORTER_OTLP_ENDPOINT, or localhost"""
