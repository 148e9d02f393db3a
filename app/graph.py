"""The composition root: replicas become Ray Serve deployments, bound into one application."""

from collections.abc import Mapping

from ray import serve
from ray.serve import Application
from ray.serve.config import BackpressureConfig

from app.config.deployments import DeploymentOptions
from app.config.loader import Config, read
from app.config.settings import Settings
from app.serving.ingress import DigestReplica
from app.serving.replicas import StageReplica
from app.stages.registry import STAGES


def compose(config: Config) -> Application:
    """The whole graph, ready for `serve.run`."""
    options = config.deployed
    handles = {
        name: _deploy(StageReplica, spec.deployment, options).bind(name, config.settings)
        for name, spec in STAGES.items()
        if spec.deployment in options
    }
    digest = _deploy(serve.ingress()(DigestReplica), "Digest", options)
    return digest.bind(config.settings, **handles)


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
