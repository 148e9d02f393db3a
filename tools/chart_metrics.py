"""The chart's values for Prometheus and Grafana, and what its rules take from the app's metrics."""

from typing import Annotated

from pydantic import Field

from app.metrics.table import FAILED, KEPT, REQUEST_SECONDS
from tools.chart_pods import Map, Section

Labels = dict[str, str]
Share = Annotated[float, Field(gt=0, lt=1)]
BUCKETS = REQUEST_SECONDS.buckets


class PodMonitorValues(Section):
    """A PodMonitor of the Prometheus operator."""

    enabled: bool
    labels: Labels
    interval: Annotated[str, Field(pattern="^[1-9][0-9]*(s|m)$")]
    operator: bool


class LimitsValues(Section):
    """Limits of alerts."""

    degraded: Share
    source: Share
    queue: Share
    memory: Share
    upgrade_minutes: Annotated[int, Field(ge=1, le=1440)]


class RulesValues(Section):
    """A PrometheusRule of the Prometheus operator."""

    enabled: bool
    labels: Labels
    runbooks: Annotated[str, Field(min_length=1)]
    limits: LimitsValues


class LatencyValues(Section):
    """A service level objective on the time of answers."""

    target: Share
    seconds: Annotated[float, Field(json_schema_extra={"enum": [*BUCKETS]})]


class SloValues(Section):
    """The service level objectives."""

    availability: Share
    latency: LatencyValues


class DashboardsValues(Section):
    """Dashboards for Grafana."""

    enabled: bool
    labels: Labels
    annotations: Labels


class MetricsValues(Section):
    """What Prometheus and Grafana get."""

    annotations: bool
    pod_monitor: PodMonitorValues
    rules: RulesValues
    slo: SloValues
    dashboards: DashboardsValues


def outcomes() -> Map:
    """The outcomes of requests that count for availability: kept, and failures of the release."""
    return {"kept": [*map(str, KEPT)], "failed": [*map(str, FAILED)]}
