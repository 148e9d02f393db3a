"""Defaults for one machine: those of `wiki-digest serve`, where a cluster has others."""

from typing import TypeVar

from pydantic import BaseModel

from app.config.deployments import Deployments
from app.config.loader import Config
from app.config.settings import Settings

DRAIN_S = 5.0
"""Seconds for replicas to stop, after the deadline of the requests that they finish."""
MOST_REPLICAS = 4
"""Replicas of `Digest` at most by default: each takes 0.2 GiB."""
M = TypeVar("M", bound=BaseModel)


def for_one_machine(config: Config, cores: int, proxies: int) -> Config:
    """The config with defaults for one machine, where it gives no others.

    Embedded models: all stages in each replica, a replica for each core (4 at most; 1 on a GPU),
    unless `placement` or an option of a stage's deployment is given; they share the cores.
    `proxies` are in front of a replica. A stopping replica has the time that a request may take.
    """
    settings, deployments = config.settings, config.deployments
    chosen = "placement" in settings.model_fields_set or deployments.model_fields_set - {"Digest"}
    if settings.has_embedded_models and not chosen:
        settings, deployments = _fused(settings, deployments, cores)
    api = _with_defaults(settings.api, trusted_proxies=proxies)
    seconds = settings.digest.deadline_s + DRAIN_S
    stopping = {
        name: _with_defaults(one, graceful_shutdown_timeout_s=seconds) for name, one in deployments
    }
    return config.model_copy(
        update={
            "settings": settings.model_copy(update={"api": api}),
            "deployments": deployments.model_copy(update=stopping),
        }
    )


def _fused(
    settings: Settings, deployments: Deployments, cores: int
) -> tuple[Settings, Deployments]:
    """All stages in each replica of `Digest`, whose replicas share the cores."""
    digest = _with_defaults(deployments.Digest, num_replicas=_replicas(deployments, cores))
    batches = None
    if digest.num_replicas and not digest.ray_actor_options.num_gpus:
        batches = max(1, cores // digest.num_replicas)
    driver = _with_defaults(settings.digest, max_concurrent_batches=batches)
    return (
        settings.model_copy(update={"placement": "fused", "digest": driver}),
        deployments.model_copy(update={"Digest": digest}),
    )


def _replicas(deployments: Deployments, cores: int) -> int | None:
    """The replicas of `Digest` by default; None leaves it to autoscaling."""
    digest = deployments.Digest
    if digest.autoscaling_config:
        return None
    return 1 if digest.ray_actor_options.num_gpus else min(MOST_REPLICAS, cores)


def _with_defaults(given: M, **defaults: object) -> M:
    """A copy with these values for the fields that were not given."""
    wanted = {name: defaults[name] for name in defaults.keys() - given.model_fields_set}
    return given.model_copy(update=wanted)
