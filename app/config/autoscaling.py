"""Options of Serve's autoscaler for one deployment.

Serve's deprecated options (`smoothing_factor` and its like) are left out.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from app.config.strict import StrictSettings

Seconds = Annotated[float, Field(ge=0, le=86_400)]
Positive = Annotated[float, Field(gt=0)]
Replicas = Annotated[int, Field(ge=0, le=1000)]
ImportPath = Annotated[str, Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*[:.][A-Za-z_]\w*$")]
"""A Python object as `package.module:name`."""


class AutoscalingPolicyOptions(StrictSettings):
    """What computes the number of replicas; the bounds, factors and delays apply to its result."""

    policy_function: ImportPath
    """a function or class in the image, as `package.module:name`; `app.serving.scaling` has two"""
    policy_kwargs: dict[str, Any] | None = None
    """arguments of the class"""


class AutoscalingOptions(StrictSettings):
    """When Serve adds and removes replicas of a deployment."""

    min_replicas: Replicas = 1
    """minimum number of replicas"""
    initial_replicas: Replicas | None = None
    """replicas at the start; default: `min_replicas`"""
    max_replicas: Annotated[int, Field(ge=1, le=1000)] = 1
    """maximum number of replicas"""
    target_ongoing_requests: Positive = 2
    """target number of ongoing requests in one replica"""
    look_back_period_s: Positive = 30
    """seconds over which the load is averaged"""
    metrics_interval_s: Positive = 10
    """seconds between two reports of the load"""
    upscale_delay_s: Seconds = 30
    """seconds of high load before replicas are added"""
    downscale_delay_s: Seconds = 600
    """seconds of low load before replicas are removed"""
    downscale_to_zero_delay_s: Seconds | None = None
    """seconds without load before the last replica is removed; default: `downscale_delay_s`"""
    upscaling_factor: Positive | None = None
    """multiplies the number of replicas to add; default: 1"""
    downscaling_factor: Positive | None = None
    """multiplies the number of replicas to remove; default: 1"""
    aggregation_function: Literal["mean", "max", "min"] = "mean"
    """how reports within the look-back period are aggregated"""
    policy: AutoscalingPolicyOptions | None = None
    """how the number is computed; default: by `target_ongoing_requests`"""

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
