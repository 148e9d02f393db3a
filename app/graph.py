"""The composition root: replicas become Ray Serve deployments, bound into one application."""

import os
from collections.abc import Mapping
from functools import partial

from ray import serve
from ray.serve import Application
from ray.serve.config import BackpressureConfig

from app.config.deployments import DeploymentOptions
from app.config.loader import Config, read
from app.config.settings import Settings
from app.metrics.tally import Tally
from app.serving import span_export
from app.serving.ingress import DigestReplica
from app.serving.metrics import RayMetrics
from app.serving.readiness import VARIABLE, HoldReplica
from app.serving.replicas import StageReplica
from app.stages.registry import STAGES

BESIDE_A_WORKER: dict[str, object] = {
    "num_cpus": 0,
    "label_selector": {"ray.io/node-group": "!headgroup"},
}
"""Without CPUs it would fit the head, too, which gets no requests from the Service. Ray names its
nodes' groups as KubeRay does."""


def compose(config: Config) -> Application:
    """The whole graph, ready for `serve.run`."""
    options, settings = config.deployed, config.settings
    recorder = RayMetrics if settings.metrics else Tally
    span_export.check(settings.tracing)
    tracer = partial(span_export.tracer, settings.tracing)
    handles = {
        name: _deploy(StageReplica, spec.deployment, options).bind(name, settings, recorder, tracer)
        for name, spec in STAGES.items()
        if spec.deployment in options
    }
    digest = _deploy(serve.ingress()(DigestReplica), "Digest", options)
    return digest.bind(settings, recorder, tracer, **(handles or _hold()))


def _hold() -> dict[str, Application]:
    """The deployment that delays readiness where no stage has one; none outside Kubernetes."""
    if VARIABLE not in os.environ:
        return {}
    hold = serve.deployment(name="Hold", num_replicas=1, ray_actor_options=BESIDE_A_WORKER)
    return {"hold": hold(HoldReplica).bind()}


def build(settings: Mapping[str, object]) -> Application:
    """The application builder that a Serve config names; `settings` are its `args`.

    Raises:
        ConfigError: a setting is unknown or out of bounds.
    """
    return compose(Config(settings=read(Settings, settings)))


def _deploy(
    replica: type[object], name: str, options: Mapping[str, DeploymentOptions]
) -> serve.Deployment:
    return serve.deployment(
        name=name,
        backpressure_config=BackpressureConfig(status_code=503, retry_after_s=1),
        **options[name].model_dump(exclude_none=True),
    )(replica)
