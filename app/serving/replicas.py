"""Replicas of the stages: each runs its stage on the batches that Serve puts together."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextvars import copy_context
from typing import Generic, NamedTuple, Protocol, TypeVar, cast

import ray
from ray import serve

from app.config.batching import BatchSettings
from app.config.deployments import LiveBatchOptions
from app.config.loader import read
from app.config.settings import Settings
from app.core.batch_turns import BatchTurns, Turn, running
from app.core.errors import StageFailed
from app.core.tracing import Off, Tracer
from app.core.values import Article, BranchResult
from app.metrics.kinds import SILENT, Recorder
from app.metrics.report import ReplicaReport, report
from app.metrics.table import LOAD_SECONDS, STAGE_ARTICLES
from app.metrics.tally import Tally
from app.models.device import Device
from app.models.model_info import ModelInfo
from app.models.token_count import TokenCount
from app.serving import log_fields
from app.serving.readiness import hold_until_routable
from app.stages.measured import MeasuredBatches, Queued
from app.stages.registry import STAGES, StageSpec

_log = logging.getLogger("ray.serve")
R = TypeVar("R")
S = TypeVar("S", bound=BranchResult)
R_co = TypeVar("R_co", covariant=True)


class BatchQueue(Protocol[R_co]):
    """What `serve.batch` makes of a function on lists."""

    async def __call__(self, queued: Queued, turn: Turn) -> R_co | Exception:
        """Queue one article; its result, once its batch has run."""

    def set_max_batch_size(self, size: int) -> None:
        """Articles in one batch at most."""


class SharedThreads(NamedTuple):
    """The threads of all stages of a replica, and the slots of their batches.

    There is a slot for each thread, and one for a batch that waits: without it a thread would be
    idle while the event loop is busy.
    """

    threads: Executor
    slots: asyncio.Semaphore

    @classmethod
    def of(cls, number: int) -> "SharedThreads":
        """So many threads."""
        return cls(ThreadPoolExecutor(number, "batches"), asyncio.Semaphore(number + 1))


class BatchedStage(Generic[R]):
    """Takes one article at a time, and runs its stage on batches in a thread, of `shared`."""

    def __init__(
        self,
        measured: MeasuredBatches[R],
        batching: BatchSettings,
        recorder: Recorder = SILENT,
        shared: SharedThreads | None = None,
    ) -> None:
        concurrent = batching.concurrent(measured.info.backend)
        threads = shared.threads if shared else None
        slots = (asyncio.Semaphore(concurrent), *((shared.slots,) if shared else ()))

        async def run_batch(batch: list[Queued], turns: list[Turn]) -> list[R | Exception]:
            loop = asyncio.get_running_loop()
            with running(turns):
                return await loop.run_in_executor(threads, copy_context().run, measured, batch)

        # One function for each instance: Serve's queue belongs to the function that it decorates.
        # The articles of a batch are queued in one pass of the loop, so that it is whole at once.
        batched = serve.batch(
            max_batch_size=batching.max_batch_size,
            batch_wait_timeout_s=0,
            max_concurrent_batches=concurrent,
        )
        self._queue = cast("BatchQueue[R]", batched(run_batch))
        self._turns = BatchTurns(
            *slots, size=batching.max_batch_size, wait_s=batching.batch_wait_timeout_s
        )
        self._measured = measured
        self._defaults = batching
        self._articles = 0
        recorder.watch(STAGE_ARTICLES, lambda: self._articles, measured.name)

    async def __call__(self, article: Article) -> R:
        """The stage's result for one article.

        Raises:
            StageFailed: the stage raised an exception for this article.
        """
        self._articles += 1
        try:
            queued = self._measured.queued(article)
            async with self._turns.turn() as turn:
                result = await self._queue(queued, turn)
        finally:
            self._articles -= 1
        if isinstance(result, Exception):
            name = self._measured.name
            told = {"stage": name, "outcome": "failed", "article": article.title}
            _log.error("%s failed", name, exc_info=result, extra=told)
            raise StageFailed(f"{name} failed: {type(result).__name__}", name)
        return result

    async def info(self) -> ModelInfo:
        """What is loaded."""
        return self._measured.info

    def change(self, live: LiveBatchOptions) -> None:
        """Apply live config; omitted fields fall back to settings."""
        given = live.model_dump(exclude_none=True)
        batching = self._defaults.model_copy(update=given)
        self._queue.set_max_batch_size(batching.max_batch_size)
        self._turns.size = batching.max_batch_size
        self._turns.wait_s = batching.batch_wait_timeout_s


def load(
    spec: StageSpec[S],
    settings: Settings,
    recorder: Recorder,
    tracer: Tracer,
    shared: SharedThreads | None = None,
) -> BatchedStage[S]:
    """A stage with its model, on the resources of this replica; `shared` are threads of all."""
    started = time.perf_counter()
    tokens = TokenCount()
    stage = spec.load(settings, _device()._replace(tokens=tokens))
    seconds = time.perf_counter() - started
    recorder.watch(LOAD_SECONDS, lambda: seconds, spec.name)
    measured = MeasuredBatches(spec.name, stage, recorder, tokens, tracer)
    return BatchedStage(measured, settings.stage(spec.name).batch, recorder, shared)


def _device() -> Device:
    context = ray.get_runtime_context()
    assigned = context.get_assigned_resources()
    device = Device(threads=max(1, int(assigned.get("CPU", 0))), gpus=assigned.get("GPU", 0.0))
    gpu_ids = context.get_accelerator_ids().get("GPU", [])
    said = device.threads, device.gpus, gpu_ids
    _log.info("assigned threads: %d, GPUs: %g, GPUs by number: %s", *said)
    return device


class StageReplica:
    """A replica of a stage's deployment; `recorder` and `tracer` make those of its process."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        recorder: Callable[[], Tally] = Tally,
        tracer: Callable[[], Tracer] = Off,
    ) -> None:
        log_fields.install(stage=name, terms=settings.logging.terms)
        self._name = name
        self._tracer = tracer()
        with hold_until_routable():
            self._tally = recorder()
            self._stage = load(STAGES[name], settings, self._tally, self._tracer)

    def reconfigure(self, user_config: Mapping[str, object]) -> None:
        """Serve calls this with the deployment's `user_config`, at the start and on a change."""
        self._stage.change(read(LiveBatchOptions, user_config))

    async def __call__(self, article: Article, caller: str = "") -> BranchResult:
        """The stage's result for one article; `caller` is the span of the call."""
        with self._tracer.resume(self._name, [caller], "server"):
            return await self._stage(article)

    async def info(self) -> ModelInfo:
        """What is loaded."""
        return await self._stage.info()

    async def report(self) -> ReplicaReport:
        """What this replica has counted."""
        return report_of_this(self._tally)


def report_of_this(tally: Tally) -> ReplicaReport:
    """The report of the replica that runs this."""
    here = serve.get_replica_context()
    return report(tally, here.deployment, here.replica_tag)
