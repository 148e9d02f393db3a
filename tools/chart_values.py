"""The types of the chart's values, section by section.

The settings and deployments use the app's types. Values that Kubernetes defines (affinities,
resources, volumes) are not validated here.
"""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from app.config.api import ROOT_PATH
from app.config.deployments import Deployments
from app.config.settings import Settings
from tools.chart_metrics import MetricsValues
from tools.chart_pods import (
    AutoscalerValues,
    Count,
    LoggingValues,
    Map,
    Maps,
    PodValues,
    RayPodValues,
    RayServiceValues,
    RedisValues,
    Seconds,
    Section,
    ServiceAccountValues,
    WorkerGroupValues,
)

Percent = Annotated[int, Field(ge=1, le=100)]
UrlPath = Annotated[str, Field(pattern=f"^/$|{ROOT_PATH}", min_length=1)]
Quantity = Annotated[str, Field(pattern=r"^[1-9][0-9]*[KMGT]i$")]
GroupName = Annotated[str, Field(pattern=r"^[a-z]([a-z0-9-]{0,14}[a-z0-9])?$")]


ENABLED: Map = {"enabled": {"const": True}}


def _if(condition: Map, consequence: Map) -> Map:
    """A JSON schema's `if` and `then` on properties."""
    return {"if": {"properties": condition}, "then": {"properties": consequence}}


class ImageValues(Section):
    """The image and its pull policy."""

    repository: Annotated[str, Field(min_length=1)]
    tag: Annotated[str, Field(json_schema_extra={"not": {"const": "latest"}})]
    digest: Annotated[str, Field(pattern="^(sha256:[0-9a-f]{64})?$")]
    pull_policy: Literal["IfNotPresent", "Always", "Never"]


class ExternalScalerValues(Section):
    """What sets the number of replicas instead of Serve's autoscaler."""

    enabled: bool
    from_: Annotated[Maps, Field(alias="from")]


class FillValues(PodValues):
    """A Job that downloads models."""

    enabled: bool
    token_secret: str
    deadline_seconds: Annotated[int, Field(ge=60, le=86_400)]


class ServiceValues(Section):
    """The Service that routes to all ready workers."""

    annotations: dict[str, str]
    listen_address: Literal["0.0.0.0", "::"]  # noqa: S104 - a pod
    ip_family_policy: Literal["", "SingleStack", "PreferDualStack", "RequireDualStack"]


class ProxyValues(Section):
    """A proxy of HTTP outside the cluster."""

    url: Annotated[str, Field(pattern=r"^(https?://([^\s/@]+@)?[^\s/@]+:\d+)?$")]
    no_proxy: list[str]


class ModelsValues(Section):
    """A volume of models."""

    model_config = ConfigDict(
        json_schema_extra=_if({"fill": {"properties": ENABLED}}, {"claim": {"minLength": 1}})
    )

    claim: str
    image: str
    endpoint: Annotated[str, Field(pattern=r"^(https?://[^\s/]+(/\S*)?)?$")]
    fill: FillValues


class FaultToleranceValues(Section):
    """Storage of the head's state."""

    enabled: bool | None = None
    redis_address: Annotated[str, Field(pattern=r"^((rediss?://)?[^\s/]+:\d+)?$")]
    username: str
    existing_secret: str
    ca_secret: str
    image: str
    redis: RedisValues


class AuthValues(Section):
    """The token of Ray's own ports."""

    existing_secret: str
    create: bool


class ApiKeysValues(Section):
    """The keys of the API."""

    existing_secret: str


class IngressValues(Section):
    """An Ingress."""

    enabled: bool
    class_name: str
    annotations: dict[str, str]
    hosts: list[str]
    path: UrlPath
    tls: Maps


Duration = Annotated[str, Field(pattern=r"^([0-9]{1,5}(h|m|s|ms)){1,4}$")]
"""A duration of the Gateway API."""


class TimeoutsValues(Section):
    """Timeouts of a route."""

    request: Duration | None = None
    backend_request: Duration | None = None


class HttpRouteValues(Section):
    """A route of the Gateway API."""

    model_config = ConfigDict(json_schema_extra=_if(ENABLED, {"parentRefs": {"minItems": 1}}))

    enabled: bool
    annotations: dict[str, str]
    parent_refs: Maps
    hostnames: list[str]
    path: UrlPath
    matches: Maps
    filters: Maps
    timeouts: TimeoutsValues


class UpgradeValues(Section):
    """How KubeRay replaces the Ray cluster."""

    type: Literal["NewCluster", "NewClusterWithIncrementalUpgrade", "None"]
    step_size_percent: Percent
    interval_seconds: Seconds
    max_surge_percent: Percent
    gateway_class_name: str


class NetworkPolicyValues(Section):
    """Allowed traffic of the pods."""

    enabled: bool
    ingress_from: Maps
    metrics_from: Maps
    dns_to: Maps
    egress: Maps


class OperatorValues(Section):
    """KubeRay's operator."""

    check: bool
    namespace_selector: Map
    pod_selector: Map


class PodDisruptionBudgetValues(Section):
    """Workers that stay available during a drain."""

    enabled: bool
    min_available: Count


class Values(Section):
    """All values of the chart."""

    name_override: str
    fullname_override: str
    image: ImageValues
    image_pull_secrets: list[dict[str, str]]
    settings: Settings
    deployments: Deployments
    request_timeout_seconds: Seconds
    keep_alive_timeout_seconds: Seconds
    service: ServiceValues
    proxy: ProxyValues
    tmp_size_limit: Quantity
    logging: LoggingValues
    service_account: ServiceAccountValues
    pod_security_context: Map
    security_context: Map
    ray_service: RayServiceValues
    upgrade: UpgradeValues
    head: RayPodValues
    workers: Annotated[
        dict[GroupName, WorkerGroupValues],
        Field(min_length=1, json_schema_extra={"additionalProperties": False}),
    ]
    autoscaler: AutoscalerValues
    external_scaler: ExternalScalerValues
    models: ModelsValues
    fault_tolerance: FaultToleranceValues
    auth: AuthValues
    api_keys: ApiKeysValues
    ingress: IngressValues
    http_route: HttpRouteValues
    operator: OperatorValues
    metrics: MetricsValues
    network_policy: NetworkPolicyValues
    pod_disruption_budget: PodDisruptionBudgetValues
    common_labels: dict[str, str]
    helm_test: PodValues
    extra_objects: list[Map | str]
    global_: Annotated[Map, Field(alias="global", default_factory=dict)]  # Helm's own
