"""Options that Serve changes at run time: replicas, resources, autoscaling, live batching.

The keys are Serve's own. Serve drops unknown keys silently; here they are errors.
"""

from typing import Annotated, Any, ClassVar, NamedTuple, Self

from pydantic import Field, model_validator

from app.config.autoscaling import AutoscalingOptions, ImportPath, Positive, Seconds
from app.config.batching import BatchSize, BatchWait
from app.config.strict import StrictSettings

_SHARE_OR_WHOLE: dict[str, Any] = {"anyOf": [{"maximum": 1}, {"type": "integer"}]}
"""The rule of `ActorOptions._divisible`, for schemas that are made from it."""


class ActorOptions(StrictSettings):
    """The resources of one replica, and the nodes that it can run on."""

    num_cpus: Annotated[float, Field(ge=0, le=1024)] = 1
    """CPUs; a model uses as many threads, at least one"""
    num_gpus: Annotated[float, Field(ge=0, le=64, json_schema_extra=_SHARE_OR_WHOLE)] = 0
    """GPUs: a fraction of one, or a whole number"""
    memory: Annotated[int, Field(ge=0)] | None = None
    """bytes of memory that Ray reserves"""
    resources: dict[str, float] | None = None
    """custom resources"""
    accelerator_type: str | None = None
    """Ray's name of a GPU model"""
    label_selector: dict[str, str] | None = None
    """labels that the node must have"""
    fallback_strategy: list[dict[str, Any]] | None = None
    """label selectors to try next, in order, when no node matches"""
    runtime_env: dict[str, Any] | None = None
    """Ray's runtime environment, such as environment variables"""

    @model_validator(mode="after")
    def _divisible(self) -> Self:
        if self.num_gpus > 1 and self.num_gpus != int(self.num_gpus):
            raise ValueError("num_gpus is a fraction below 1 or a whole number")
        return self


class ReplicaCounts(NamedTuple):
    """The number of replicas of a deployment: minimum, at the start, maximum."""

    least: int
    start: int
    most: int


class DeploymentOptions(StrictSettings):
    """The options of one deployment."""

    num_replicas: Annotated[int, Field(ge=1, le=1000)] | None = None
    """fixed number of replicas; default: 1, unless `autoscaling_config` is given"""
    autoscaling_config: AutoscalingOptions | None = None
    """a number of replicas that follows the load"""
    max_ongoing_requests: Annotated[int, Field(ge=1, le=100_000)] = 32
    """ongoing requests in one replica; at least three times `max_batch_size` where two batches run
    at the same time, so that the next one fills"""
    max_queued_requests: Annotated[int, Field(ge=-1, le=1_000_000)] = -1
    """requests that one caller can queue; -1: no limit (`digest.max_concurrent` still applies)"""
    ray_actor_options: ActorOptions = ActorOptions()
    """resources of one replica"""
    max_replicas_per_node: Annotated[int, Field(ge=1, le=100)] | None = None
    """maximum number of replicas on one node"""
    max_surge_percent: Annotated[int, Field(ge=0, le=100)] = 100
    """percent of new replicas that an update starts before it stops old ones"""
    rolling_update_percentage: Annotated[float, Field(gt=0, le=1)] | None = None
    """share of replicas that an update replaces at a time; default: 0.2, at least one"""
    graceful_shutdown_wait_loop_s: Seconds = 2
    """seconds between two checks whether a stopping replica is idle"""
    graceful_shutdown_timeout_s: Seconds = 35
    """seconds that a stopping replica has to finish requests; above `digest.deadline_s`"""
    health_check_period_s: Annotated[float, Field(gt=0)] = 10
    """seconds between two health checks"""
    health_check_timeout_s: Annotated[float, Field(gt=0)] = 20
    """seconds before a health check times out; the third such check in a row ends the replica"""

    @model_validator(mode="after")
    def _one_way_to_count(self) -> Self:
        if self.num_replicas is not None and self.autoscaling_config is not None:
            raise ValueError("give num_replicas or autoscaling_config, not both")
        return self

    @property
    def replicas(self) -> ReplicaCounts:
        """The number of replicas, fixed or by autoscaling."""
        scaling = self.autoscaling_config
        if scaling is None:
            return ReplicaCounts(*[self.num_replicas or 1] * 3)
        return ReplicaCounts(scaling.min_replicas, scaling.initial, scaling.max_replicas)


class LiveBatchOptions(StrictSettings):
    """Batching options that apply without a restart."""

    renamed: ClassVar = {"size": "max_batch_size", "wait_s": "batch_wait_timeout_s"}

    max_batch_size: BatchSize | None = None
    """overrides the stage's `batch.max_batch_size`"""
    batch_wait_timeout_s: BatchWait | None = None
    """overrides the stage's `batch.batch_wait_timeout_s`"""


class RequestRouterOptions(StrictSettings):
    """Which replica of a stage gets a call. Serve has no router of its own before `Digest`."""

    request_router_class: ImportPath = "app.serving.router:AnsweringReplicas"
    """Serve's import path of a router; default: the less busy of two random replicas that answer"""
    request_router_kwargs: dict[str, Any] | None = None
    """arguments of the router; of the default: `accepted_s` (1) and `finished_s` (10), the seconds
    without a call accepted or finished after which other replicas get the calls, and `lost_s` (5),
    those without an answer of any replica after which calls fail at once"""
    request_routing_stats_period_s: Positive = 10
    """seconds between two reports of a replica to the router"""
    request_routing_stats_timeout_s: Positive = 30
    """seconds before such a report times out"""
    initial_backoff_s: Positive = 0.025
    """seconds before a call that no replica accepted is tried again"""
    backoff_multiplier: Positive = 2
    """multiplies this wait after each try"""
    max_backoff_s: Positive = 0.5
    """the longest such wait in seconds"""


class StageDeploymentOptions(DeploymentOptions):
    """The options of a stage's deployment."""

    request_router_config: RequestRouterOptions = RequestRouterOptions()
    """which replica gets a call"""
    user_config: LiveBatchOptions = LiveBatchOptions()
    """applied live"""


class Deployments(StrictSettings):
    """The deployments of the graph. Their CPUs add up to 1: an update fits on two cores."""

    Digest: DeploymentOptions = DeploymentOptions(
        max_ongoing_requests=1024,
        max_queued_requests=1024,
        ray_actor_options=ActorOptions(num_cpus=0.2),
    )
    """HTTP, the driver and the source; with `placement: fused` also all stages"""
    Sentiment: StageDeploymentOptions = StageDeploymentOptions(
        ray_actor_options=ActorOptions(num_cpus=0.25)
    )
    """the gate"""
    Summarizer: StageDeploymentOptions = StageDeploymentOptions(
        ray_actor_options=ActorOptions(num_cpus=0.15)
    )
    """the summary"""
    Entities: StageDeploymentOptions = StageDeploymentOptions(
        ray_actor_options=ActorOptions(num_cpus=0.4)
    )
    """the names"""

    @classmethod
    def completed(cls, given: dict[str, object]) -> dict[str, object]:
        """Merge the given options into the defaults of each deployment."""
        merged = dict(given)
        for name in given.keys() & cls.model_fields.keys():
            default = cls.model_fields[name].default.model_dump(exclude_unset=True)
            merged[name] = _merge(default, given[name])
        return merged


def _merge(base: object, over: object) -> object:
    """`base` with the values of `over`, merged recursively."""
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return over
    return base | {key: _merge(base.get(key), value) for key, value in over.items()}
