"""Replicas of the stages: each runs its stage on the batches that Serve puts together."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Generic, Protocol, TypeVar, cast

import ray
from ray import serve

from app.config.deployments import LiveBatchOptions
from app.config.loader import read
from app.config.settings import BatchSettings, Settings
from app.core.errors import StageFailed
from app.core.values import Article, BranchResult
from app.models.device import Device
from app.models.model_info import ModelInfo
from app.serving.readiness import hold_until_routable
from app.stages.base import Stage, run_each
from app.stages.registry import STAGES, StageSpec

_log = logging.getLogger("ray.serve")
R = TypeVar("R")
S = TypeVar("S", bound=BranchResult)
R_co = TypeVar("R_co", covariant=True)


class BatchQueue(Protocol[R_co]):
    """What `serve.batch` makes of a function on lists."""

    async def __call__(self, article: Article) -> R_co | Exception:
        """Queue one article; its result, once its batch has run."""

    def set_max_batch_size(self, size: int) -> None:
        """Articles in one batch at most."""

    def set_batch_wait_timeout_s(self, seconds: float) -> None:
        """How long the first article of a batch waits for others."""


class BatchedStage(Generic[R]):
    """Takes one article at a time, and runs its stage on batches in a thread."""

    def __init__(self, name: str, stage: Stage[R], batching: BatchSettings) -> None:
        async def run_batch(articles: list[Article]) -> list[R | Exception]:
            return await asyncio.to_thread(run_each, stage, articles)

        # One function for each instance: Serve's queue belongs to the function that it decorates.
        batched = serve.batch(
            max_batch_size=batching.max_batch_size,
            batch_wait_timeout_s=batching.batch_wait_timeout_s,
        )
        self._queue = cast("BatchQueue[R]", batched(run_batch))
        self._name = name
        self._defaults = batching
        self._info = stage.info

    async def __call__(self, article: Article) -> R:
        """The stage's result for one article.

        Raises:
            StageFailed: the stage raised an exception for this article.
        """
        result = await self._queue(article)
        if isinstance(result, Exception):
            _log.error("%s failed on %r", self._name, article.title, exc_info=result)
            raise StageFailed(f"{self._name} failed: {type(result).__name__}", self._name)
        return result

    async def info(self) -> ModelInfo:
        """What is loaded."""
        return self._info

    def change(self, live: LiveBatchOptions) -> None:
        """Apply live config; omitted fields fall back to settings."""
        given = live.model_dump(exclude_none=True)
        batching = self._defaults.model_copy(update=given)
        self._queue.set_max_batch_size(batching.max_batch_size)
        self._queue.set_batch_wait_timeout_s(batching.batch_wait_timeout_s)


def load(spec: StageSpec[S], settings: Settings) -> BatchedStage[S]:
    """A stage with its model, on the resources of this replica."""
    batching = settings.stage(spec.name).batch
    return BatchedStage(spec.name, spec.load(settings, _device()), batching)


def _device() -> Device:
    context = ray.get_runtime_context()
    assigned = context.get_assigned_resources()
    device = Device(threads=max(1, int(assigned.get("CPU", 0))), gpus=assigned.get("GPU", 0.0))
    gpu_ids = context.get_accelerator_ids().get("GPU", [])
    _log.info("assigned %s, GPUs by number: %s", device, gpu_ids)
    return device


class StageReplica:
    """A replica of a stage's deployment."""

    def __init__(self, name: str, settings: Settings) -> None:
        with hold_until_routable():
            self._stage = load(STAGES[name], settings)

    def reconfigure(self, user_config: Mapping[str, object]) -> None:
        """Serve calls this with the deployment's `user_config`, at the start and on a change."""
        self._stage.change(read(LiveBatchOptions, user_config))

    async def __call__(self, article: Article) -> BranchResult:
        """The stage's result for one article."""
        return await self._stage(article)

    async def info(self) -> ModelInfo:
        """What is loaded."""
        return await self._stage.info()
