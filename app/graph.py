"""The composition root: plain classes become Ray Serve deployments, bound into one application."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, cast

import ray
from fastapi import FastAPI
from ray import serve
from ray.exceptions import RayActorError, RayTaskError
from ray.serve import Application
from ray.serve.config import BackpressureConfig
from ray.serve.exceptions import BackPressureError, DeploymentUnavailableError
from ray.serve.handle import DeploymentHandle

from app.answer import Article
from app.api import build_app
from app.config import Config, read
from app.deployments import Deployment, Live
from app.driver import Driver, Stages
from app.errors import DigestError, Overloaded, StageFailed
from app.gate import held_back
from app.models.about import About
from app.models.device import Device
from app.settings import Batching, Settings
from app.stages import loading, source
from app.stages.batching import Stage, run_each
from app.stages.loading import STAGES

_log = logging.getLogger("ray.serve")


class Batched:
    """A stage that is asked for one article at a time, and works on batches in a thread."""

    def __init__(self, name: str, stage: Stage[Any], batching: Batching) -> None:
        async def together(articles: list[Article]) -> list[Any]:
            return await asyncio.to_thread(run_each, stage, articles)

        # One function for each instance: Serve's queue belongs to the function that it decorates.
        queue = serve.batch(max_batch_size=batching.size, batch_wait_timeout_s=batching.wait_s)
        self._queue: Any = queue(together)
        self._name = name
        self._born_with = batching
        self.stage = stage

    async def __call__(self, article: Article) -> Any:
        """The stage's result for one article.

        Raises:
            StageFailed: the stage could not work on this article.
        """
        result = await self._queue(article)
        if isinstance(result, Exception):
            _log.error("%s failed on %r", self._name, article.title, exc_info=result)
            raise StageFailed(f"{self._name} failed: {type(result).__name__}", self._name)
        return result

    def change(self, live: Live) -> None:
        """Take up what was changed live; what is not given is as the stage was born."""
        size, wait_s = self._born_with.size, self._born_with.wait_s
        self._queue.set_max_batch_size(size if live.size is None else live.size)
        self._queue.set_batch_wait_timeout_s(wait_s if live.wait_s is None else live.wait_s)


def load(name: str, settings: Settings) -> Batched:
    """The stage `name` with its model, on what this replica was given."""
    return Batched(name, loading.load(name, settings, _device()), getattr(settings, name).batch)


class StageReplica:
    """A deployment's replica around any one stage."""

    def __init__(self, name: str, settings: Settings) -> None:
        with held_back():
            self._batched = load(name, settings)

    def reconfigure(self, user_config: dict[str, Any]) -> None:
        """Serve calls this with the deployment's `user_config`, at the start and on a change."""
        self._batched.change(read(Live, user_config))

    async def __call__(self, article: Article) -> Any:
        """The stage's result for one article."""
        return await self._batched(article)

    async def about(self) -> About:
        """What is loaded."""
        return self._batched.stage.about


class DigestReplica:
    """The ingress: HTTP, the driver and the source; `handles` are the stages' deployments.

    A stage without a handle lives right here (`placement: fused`).
    """

    def __init__(self, settings: Settings, **handles: DeploymentHandle[Any]) -> None:
        here = {name: load(name, settings) for name in STAGES if name not in handles}
        elsewhere = {name: remote(handle) for name, handle in handles.items()}
        self._settings = settings
        self._handles = handles
        self._here = here
        self._source = source.load(settings.source)
        self._driver = Driver(Stages(source=self._source, **here, **elsewhere), settings)

    def __serve_build_asgi_app__(self) -> FastAPI:
        """Serve asks for the ASGI application by this name."""
        return build_app(self._driver, self._settings.digest, self._about, self._source.suggest)

    async def _about(self) -> tuple[About, ...]:
        asked = (handle.about.remote() for handle in self._handles.values())
        told = await asyncio.gather(*(_unwrapped(response) for response in asked))
        return *(batched.stage.about for batched in self._here.values()), *told


def compose(config: Config) -> Application:
    """The whole graph, ready for `serve.run`."""
    settings, options = config.settings, config.deployments
    distributed = STAGES if settings.placement == "distributed" else {}
    handles = {
        name: _deploy(StageReplica, getattr(options, name.capitalize()), name.capitalize()).bind(
            name, settings
        )
        for name in distributed
    }
    digest = _deploy(serve.ingress()(DigestReplica), options.Digest, "Digest")
    return digest.bind(settings, **handles)


def build(settings: dict[str, Any]) -> Application:
    """The application builder that a Serve config names; `settings` are its `args`.

    Raises:
        ConfigError: a setting is unknown or out of bounds.
    """
    return compose(Config(settings=read(Settings, settings)))


def _deploy(replica: Any, options: Deployment, name: str) -> serve.Deployment:
    """A deployment of `replica`."""
    deployment: Any = serve.deployment(
        name=name,
        backpressure_config=BackpressureConfig(status_code=503, retry_after_s=1),
        **options.model_dump(exclude_none=True),
    )
    return cast("serve.Deployment", deployment(replica))


def _device() -> Device:
    context = ray.get_runtime_context()
    given = context.get_assigned_resources()
    device = Device(threads=max(1, int(given.get("CPU", 0))), gpus=given.get("GPU", 0.0))
    _log.info("given %s, GPUs by number: %s", device, context.get_accelerator_ids().get("GPU", []))
    return device


def remote(handle: DeploymentHandle[Any]) -> Callable[[Article], Awaitable[Any]]:
    """A stage's deployment as a callable, asked once more where its replica dies under it.

    Serve does not do this; we may, because the work has no side effects.
    """

    async def ask(article: Article) -> Any:
        try:
            return await _unwrapped(handle.remote(article))
        except RayActorError:
            return await _unwrapped(handle.remote(article))

    return ask


async def _unwrapped(response: Any) -> Any:
    """What a deployment answered, or its own error; cancelled there when it is cancelled here."""
    try:
        return await response
    except asyncio.CancelledError:
        response.cancel()
        raise
    except BackPressureError:
        raise Overloaded("a stage has more to do than it can hold") from None
    except DeploymentUnavailableError:
        raise StageFailed("a stage has no replica that works") from None
    except RayTaskError as error:
        raise _cause(error) from None


def _cause(error: RayTaskError) -> Exception:
    cause = error.cause
    return cause if isinstance(cause, DigestError) else StageFailed(type(cause).__name__)
