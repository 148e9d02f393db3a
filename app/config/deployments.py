"""Options that Serve changes at run time: replicas, resources, autoscaling, live batching.

The keys are Serve's own. Serve drops unknown keys silently; here they are errors.
"""

from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from app.config.settings import BatchSize, BatchWait
from app.config.strict import StrictSettings

Seconds = Annotated[float, Field(ge=0, le=86_400)]
Replicas = Annotated[int, Field(ge=0, le=1000)]
_SHARE_OR_WHOLE: dict[str, Any] = {"anyOf": [{"maximum": 1}, {"type": "integer"}]}
"""The rule of `ActorOptions._divisible`, for schemas that are made from it."""


class AutoscalingOptions(StrictSettings):
    """When Serve adds and removes replicas of a deployment."""

    min_replicas: Replicas = 1
    """minimum number of replicas"""
    initial_replicas: Replicas | None = None
    """replicas at the start; default: `min_replicas`"""
    max_replicas: Annotated[int, Field(ge=1, le=1000)] = 1
    """maximum number of replicas"""
    target_ongoing_requests: Annotated[float, Field(gt=0)] = 2
    """target number of ongoing requests in one replica"""
    look_back_period_s: Annotated[float, Field(gt=0)] = 30
    """seconds over which the load is averaged"""
    metrics_interval_s: Annotated[float, Field(gt=0)] = 10
    """seconds between two reports of the load"""
    upscale_delay_s: Seconds = 30
    """seconds of high load before replicas are added"""
    downscale_delay_s: Seconds = 600
    """seconds of low load before replicas are removed"""
    downscale_to_zero_delay_s: Seconds | None = None
    """seconds without load before the last replica is removed; default: `downscale_delay_s`"""
    upscaling_factor: Annotated[float, Field(gt=0)] | None = None
    """multiplies the number of replicas to add; default: 1"""
    downscaling_factor: Annotated[float, Field(gt=0)] | None = None
    """multiplies the number of replicas to remove; default: 1"""
    aggregation_function: Literal["mean", "max", "min"] = "mean"
    """how reports within the look-back period are aggregated"""

    @property
    def initial(self) -> int:
        """Replicas at the start."""
        return self.min_replicas if self.initial_replicas is None else self.initial_replicas

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.min_replicas <= self.initial <= self.max_replicas:
            raise ValueError("min_replicas <= initial_replicas <= max_replicas must hold")
        return self

    @model_validator(mode="after")
    def _delays_cover_the_look_back(self) -> Self:
        for name in ("upscale_delay_s", "downscale_delay_s", "downscale_to_zero_delay_s"):
            delay = getattr(self, name)
            if delay is not None and delay < self.look_back_period_s:
                raise ValueError(f"{name} must not be below look_back_period_s, its average's span")
        return self


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
    """ongoing requests in one replica; at least twice `max_batch_size`, so that batches fill"""
    max_queued_requests: Annotated[int, Field(ge=-1, le=1_000_000)] = -1
    """requests that one caller can queue; -1: no limit (`digest.max_concurrent` still applies)"""
    ray_actor_options: ActorOptions = ActorOptions()
    """resources of one replica"""
    max_replicas_per_node: Annotated[int, Field(ge=1, le=100)] | None = None
    """maximum number of replicas on one node"""
    max_surge_percent: Annotated[int, Field(ge=0, le=100)] = 100
    """percent of new replicas that an update starts before it stops old ones"""
    graceful_shutdown_wait_loop_s: Seconds = 2
    """seconds between two checks whether a stopping replica is idle"""
    graceful_shutdown_timeout_s: Seconds = 35
    """seconds that a stopping replica has to finish requests; above `digest.deadline_s`"""
    health_check_period_s: Annotated[float, Field(gt=0)] = 10
    """seconds between two health checks"""
    health_check_timeout_s: Annotated[float, Field(gt=0)] = 30
    """seconds before a health check times out"""

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


class StageDeploymentOptions(DeploymentOptions):
    """The options of a stage's deployment."""

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
