"""What Serve can change while it runs: replicas, resources, autoscaling, and live batching.

The names of the keys are Serve's own; Serve drops a key that it does not know without a word, so
they are typed here, and an unknown one is an error.
"""

from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from app.settings import BatchSize, BatchWait, Part

Seconds = Annotated[float, Field(ge=0, le=86_400)]
Replicas = Annotated[int, Field(ge=0, le=1000)]
_SHARE_OR_WHOLE: dict[str, Any] = {"anyOf": [{"maximum": 1}, {"type": "integer"}]}
"""The rule of `Actor._divisible`, for schemas that are made from it."""


class Autoscaling(Part):
    """When Serve adds and removes replicas of a deployment."""

    min_replicas: Replicas = 1
    """never fewer"""
    initial_replicas: Replicas | None = None
    """at the start; without it, `min_replicas`"""
    max_replicas: Annotated[int, Field(ge=1, le=1000)] = 1
    """never more"""
    target_ongoing_requests: Annotated[float, Field(gt=0)] = 2
    """requests under way in one replica that it aims for"""
    look_back_period_s: Annotated[float, Field(gt=0)] = 30
    """seconds over which load is averaged"""
    metrics_interval_s: Annotated[float, Field(gt=0)] = 10
    """seconds between two reports of load"""
    upscale_delay_s: Seconds = 30
    """seconds that the load must stay high"""
    downscale_delay_s: Seconds = 600
    """seconds that it must stay low"""
    downscale_to_zero_delay_s: Seconds | None = None
    """seconds without load before the last replica goes; without it, `downscale_delay_s`"""
    upscaling_factor: Annotated[float, Field(gt=0)] | None = None
    """how eagerly replicas are added; 1 without it"""
    downscaling_factor: Annotated[float, Field(gt=0)] | None = None
    """how eagerly they are removed; 1 without it"""
    aggregation_function: Literal["mean", "max", "min"] = "mean"
    """how reports within the look-back become one number"""

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
    def _no_hastier_than_it_looks(self) -> Self:
        for name in ("upscale_delay_s", "downscale_delay_s", "downscale_to_zero_delay_s"):
            delay = getattr(self, name)
            if delay is not None and delay < self.look_back_period_s:
                raise ValueError(f"{name} must not be below look_back_period_s, its average's span")
        return self


class Actor(Part):
    """What one replica is given, and where it may run."""

    num_cpus: Annotated[float, Field(ge=0, le=1024)] = 1
    """CPUs; models take as many threads, at least one"""
    num_gpus: Annotated[float, Field(ge=0, le=64, json_schema_extra=_SHARE_OR_WHOLE)] = 0
    """GPUs: a fraction of one, or whole ones"""
    memory: Annotated[int, Field(ge=0)] | None = None
    """bytes of memory that Ray counts for it"""
    resources: dict[str, float] | None = None
    """your own resources"""
    accelerator_type: str | None = None
    """a GPU's model name, as Ray knows it"""
    label_selector: dict[str, str] | None = None
    """labels that its node must have"""
    fallback_strategy: list[dict[str, Any]] | None = None
    """other label selectors, in order, when no such node is there"""
    runtime_env: dict[str, Any] | None = None
    """environment variables and the like"""

    @model_validator(mode="after")
    def _divisible(self) -> Self:
        if self.num_gpus > 1 and self.num_gpus != int(self.num_gpus):
            raise ValueError("num_gpus is a fraction below 1 or a whole number")
        return self


class ReplicaCounts(NamedTuple):
    """How many replicas of a deployment there are: at least, at the start, at most."""

    least: int
    start: int
    most: int


class Deployment(Part):
    """The options of one deployment."""

    num_replicas: Annotated[int, Field(ge=1, le=1000)] | None = None
    """a fixed number of replicas; one without it, unless `autoscaling_config` is given"""
    autoscaling_config: Autoscaling | None = None
    """a number of replicas that follows the load"""
    max_ongoing_requests: Annotated[int, Field(ge=1, le=100_000)] = 32
    """requests under way in one replica; at least twice `batch.size`, or batches do not fill"""
    max_queued_requests: Annotated[int, Field(ge=-1, le=1_000_000)] = -1
    """requests that one caller may hold back for it; -1: no bound (the driver's bound holds)"""
    ray_actor_options: Actor = Actor()
    """what one replica is given"""
    max_replicas_per_node: Annotated[int, Field(ge=1, le=100)] | None = None
    """spreads replicas over nodes"""
    max_surge_percent: Annotated[int, Field(ge=0, le=100)] = 100
    """new ones that an update starts before old ones stop; 0 where there is no room for both"""
    graceful_shutdown_wait_loop_s: Seconds = 2
    """seconds between two looks at whether a leaving replica is idle"""
    graceful_shutdown_timeout_s: Seconds = 35
    """seconds that a leaving replica may finish its work in; above `digest.deadline_s`"""
    health_check_period_s: Annotated[float, Field(gt=0)] = 10
    """seconds between two health checks"""
    health_check_timeout_s: Annotated[float, Field(gt=0)] = 30
    """seconds that one may take"""

    @model_validator(mode="after")
    def _one_way_to_count(self) -> Self:
        if self.num_replicas is not None and self.autoscaling_config is not None:
            raise ValueError("give num_replicas or autoscaling_config, not both")
        return self

    @property
    def replicas(self) -> ReplicaCounts:
        """How many replicas there are, fixed or as far as autoscaling goes."""
        scaling = self.autoscaling_config
        if scaling is None:
            return ReplicaCounts(*[self.num_replicas or 1] * 3)
        return ReplicaCounts(scaling.min_replicas, scaling.initial, scaling.max_replicas)


class Live(Part):
    """What a running stage can be told without a restart."""

    size: BatchSize | None = None
    """in place of the stage's `batch.size`"""
    wait_s: BatchWait | None = None
    """in place of the stage's `batch.wait_s`"""


class StageDeployment(Deployment):
    """The options of a stage's deployment."""

    user_config: Live = Live()
    """changed live"""


class Deployments(Part):
    """The deployments of the graph; CPUs add up to one, so that two cores hold an update too."""

    Digest: Deployment = Deployment(
        max_ongoing_requests=1024,
        max_queued_requests=1024,
        ray_actor_options=Actor(num_cpus=0.2),
    )
    """HTTP, the driver, and the source; with `placement: fused` all the rest as well"""
    Sentiment: StageDeployment = StageDeployment(ray_actor_options=Actor(num_cpus=0.25))
    """the gate"""
    Summarizer: StageDeployment = StageDeployment(ray_actor_options=Actor(num_cpus=0.15))
    """the summary"""
    Entities: StageDeployment = StageDeployment(ray_actor_options=Actor(num_cpus=0.4))
    """the names"""

    @model_validator(mode="before")
    @classmethod
    def _over_defaults(cls, data: Any) -> Any:
        """What is given of a deployment changes just that; its other defaults stay."""
        if not isinstance(data, dict):
            return data
        merged = dict(data)
        for name in data.keys() & cls.model_fields.keys():
            default = cls.model_fields[name].default.model_dump(exclude_unset=True)
            merged[name] = _merge(default, data[name])
        return merged


def _merge(base: Any, over: Any) -> Any:
    """`over` laid on `base`, mapping by mapping."""
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return over
    return base | {key: _merge(base.get(key), value) for key, value in over.items()}
