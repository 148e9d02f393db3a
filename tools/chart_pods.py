"""The types of the chart's values for pods: what Kubernetes lets one set in a pod.

Values that Kubernetes defines (affinities, volumes, containers) are not validated here: the API
server does it, and tests/unit/test_chart_objects.py for the files of ci/.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Map = dict[str, Any]
Maps = list[Map]
Resources = dict[str, str | int | float]
Seconds = Annotated[int, Field(ge=1, le=3600)]
Count = Annotated[int, Field(ge=0, le=1000)]
LEAST_OBJECT_STORE = 78_643_200
"""Bytes below which Ray refuses to start."""


class Section(BaseModel):
    """A section of the values; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)


class ResourcesValues(Section):
    """Resources of a container, and its claims of devices (DRA)."""

    requests: Resources = {}
    limits: Resources = {}
    claims: Maps = []


class PodValues(Section):
    """Options of a pod and of its main container, with Kubernetes' names."""

    resources: ResourcesValues = ResourcesValues()
    env: Maps = []
    env_from: Maps = []
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    service_account_name: str = ""
    service_account_annotations: dict[str, str] = {}
    node_selector: dict[str, str] = {}
    affinity: Map = {}
    tolerations: Maps = []
    topology_spread_constraints: Maps = []
    priority_class_name: str = ""
    runtime_class_name: str = ""
    scheduler_name: str = ""
    host_aliases: Maps = []
    dns_policy: Literal["", "ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"] = ""
    dns_config: Map = {}
    resource_claims: Maps = []
    pod_security_context: Map = {}
    security_context: Map = {}
    init_containers: Maps = []
    sidecars: Maps = []
    volumes: Maps = []
    volume_mounts: Maps = []


class ServingPodValues(PodValues):
    """A pod that serves until it is deleted."""

    resources: ResourcesValues
    readiness_probe: Map = {}
    liveness_probe: Map = {}
    startup_probe: Map = {}


class RayPodValues(ServingPodValues):
    """A pod of the Ray cluster."""

    object_store_bytes: Annotated[int, Field(ge=LEAST_OBJECT_STORE)] | None = None
    shm_size: Annotated[str, Field(pattern=r"^([0-9]+(\.[0-9]+)?([KMGT]i?)?)?$")] = ""
    group_spec: Map = {}


class GpuValues(Section):
    """The resource of the node's device plugin, and how many of it a worker requests."""

    resource: Annotated[str, Field(pattern=r"^[a-z0-9.-]+/[a-zA-Z0-9._-]+$")]
    count: Annotated[int, Field(ge=1, le=64)]


class WorkerGroupValues(RayPodValues):
    """A group of worker pods."""

    gpu: GpuValues | None = None
    replicas: Count
    min_replicas: Count | None = None
    max_replicas: Count | None = None
    num_cpus: Annotated[int, Field(ge=0, le=1024)] | None = None
    num_gpus: Annotated[int, Field(ge=0, le=64)] | None = None
    termination_grace_period_seconds: Annotated[int, Field(ge=1, le=86_400)] | None = None


class PersistenceValues(Section):
    """A volume for Redis."""

    enabled: bool
    size: Annotated[str, Field(pattern=r"^[0-9]+[KMGT]i?$")]
    storage_class_name: str
    existing_claim: str


class RedisValues(ServingPodValues):
    """The pod of the chart's Redis."""

    password_resources: ResourcesValues
    persistence: PersistenceValues


class LoggingValues(Section):
    """The logs of Ray and Serve."""

    to_stdout: bool
    files: Literal["all", "serve"]
    encoding: Literal["TEXT", "JSON"]
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
    access_log: bool
    resources: ResourcesValues


class AutoscalerValues(Section):
    """Ray's autoscaler, a container in the pod of the head."""

    idle_timeout_seconds: Seconds
    resources: ResourcesValues


class ServiceAccountValues(Section):
    """The account of the pods of head and workers."""

    create: bool
    name: str
    annotations: dict[str, str]
    automount: bool


class RayServiceValues(Section):
    """The RayService itself."""

    labels: dict[str, str]
    annotations: dict[str, str]
    spec: Map
