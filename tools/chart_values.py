"""The types of the chart's values, section by section.

The settings and deployments use the app's types. Values that Kubernetes defines (affinities,
resources, volumes) are not validated here.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from app.config.deployments import Deployments
from app.config.settings import Settings

Map = dict[str, Any]
Maps = list[Map]
Seconds = Annotated[int, Field(ge=1, le=3600)]
Count = Annotated[int, Field(ge=0, le=1000)]
GroupName = Annotated[str, Field(pattern=r"^[a-z]([a-z0-9-]{0,14}[a-z0-9])?$")]


class Section(BaseModel):
    """A section of the values; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)


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


class HeadValues(Section):
    """Options of the head's pod, shared by workers."""

    resources: Map
    env: Maps = []
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    node_selector: dict[str, str] = {}
    affinity: Map = {}
    tolerations: Maps = []
    priority_class_name: str = ""
    runtime_class_name: str = ""
    volumes: Maps = []
    volume_mounts: Maps = []


class GpuValues(Section):
    """The resource of the node's device plugin, and how many of it a worker requests."""

    resource: Annotated[str, Field(pattern=r"^[a-z0-9.-]+/[a-zA-Z0-9._-]+$")]
    count: Annotated[int, Field(ge=1, le=64)]


class WorkerGroupValues(HeadValues):
    """A group of worker pods."""

    topology_spread_constraints: Maps = []
    gpu: GpuValues | None = None
    replicas: Count
    min_replicas: Count | None = None
    max_replicas: Count | None = None
    num_cpus: Annotated[int, Field(ge=0, le=1024)] | None = None


class LoggingValues(Section):
    """Options of Serve's logs."""

    to_stdout: bool
    encoding: Literal["TEXT", "JSON"]
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
    access_log: bool


class AutoscalerValues(Section):
    """Ray's autoscaler, a container in the pod of the head."""

    idle_timeout_seconds: Seconds
    resources: Map


class FillValues(Section):
    """A Job that downloads models."""

    enabled: bool
    token_secret: str
    deadline_seconds: Annotated[int, Field(ge=60, le=86_400)]


class ServiceValues(Section):
    """The Service that routes to all ready workers."""

    annotations: dict[str, str]


class ModelsValues(Section):
    """A volume of models."""

    model_config = ConfigDict(
        json_schema_extra=_if({"fill": {"properties": ENABLED}}, {"claim": {"minLength": 1}})
    )

    claim: str
    image: str
    fill: FillValues


class FaultToleranceValues(Section):
    """Storage of the head's state."""

    enabled: bool
    redis_address: Annotated[str, Field(pattern=r"^(\S+:\d+)?$")]
    existing_secret: str
    image: str


class AuthValues(Section):
    """The token of Ray's own ports."""

    existing_secret: str
    create: bool


class IngressValues(Section):
    """An Ingress."""

    enabled: bool
    class_name: str
    annotations: dict[str, str]
    hosts: list[str]
    tls: Maps


class HttpRouteValues(Section):
    """A route of the Gateway API."""

    model_config = ConfigDict(json_schema_extra=_if(ENABLED, {"parentRefs": {"minItems": 1}}))

    enabled: bool
    annotations: dict[str, str]
    parent_refs: Maps
    hostnames: list[str]


class NetworkPolicyValues(Section):
    """Allowed traffic of the pods."""

    enabled: bool
    ingress_from: Maps
    metrics_from: Maps
    egress: Maps
    operator_namespace: str


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
    logging: LoggingValues
    head: HeadValues
    workers: Annotated[
        dict[GroupName, WorkerGroupValues],
        Field(min_length=1, json_schema_extra={"additionalProperties": False}),
    ]
    autoscaler: AutoscalerValues
    models: ModelsValues
    fault_tolerance: FaultToleranceValues
    auth: AuthValues
    ingress: IngressValues
    http_route: HttpRouteValues
    network_policy: NetworkPolicyValues
    pod_disruption_budget: PodDisruptionBudgetValues
    common_labels: dict[str, str]
    extra_objects: list[Map | str]
    global_: Annotated[Map, Field(alias="global")] = {}  # Helm's own
