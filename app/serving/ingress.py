"""The ingress: HTTP, the driver and the source in one deployment."""

import asyncio
import sys
from collections.abc import Callable
from importlib.metadata import version
from typing import TypeVar

from fastapi import FastAPI
from ray import serve
from ray.serve.handle import DeploymentHandle

from app.api.about import Instruments, Overview
from app.api.routes import build_app
from app.config.settings import Settings
from app.core.tracing import Off, Tracer
from app.core.values import BranchResult
from app.driver import Driver
from app.metrics import caches
from app.metrics.report import ReplicaReport
from app.metrics.table import BUILD
from app.metrics.tally import Tally
from app.models.model_info import ModelInfo
from app.serving import gcs_connection, log_fields
from app.serving.handles import Observers, StageClient
from app.serving.overview import overview
from app.serving.replicas import BatchedStage, SharedThreads, StageReplica, load, report_of_this
from app.stages import source
from app.stages.base import Stages
from app.stages.registry import BRANCHES, GATE, StageSpec

R = TypeVar("R", bound=BranchResult)
SWITCH_S = 0.001
"""Seconds that a thread keeps Python's lock while others wait for it; Python's default is 5 ms.

The loop that answers clients waits so long after each of its steps while a page is read.
"""


class DigestReplica:
    """A replica of the ingress; `handles` are the stages' deployments by name.

    A stage without a handle runs in this process (`placement: fused`). A handle that is no stage's
    only makes its deployment a part of the application. `recorder` and `tracer` make those of its
    process.
    """

    def __init__(
        self,
        settings: Settings,
        recorder: Callable[[], Tally] = Tally,
        tracer: Callable[[], Tracer] = Off,
        **handles: DeploymentHandle[StageReplica],
    ) -> None:
        sys.setswitchinterval(SWITCH_S)
        gcs_connection.keep_open()
        log_fields.install(terms=settings.logging.terms)
        self._settings = settings
        self._handles = handles
        self._tally = recorder()
        self._tracer = tracer()
        self._threads = _threads(settings)
        self._source = source.load(settings.source, self._tally, self._tracer)
        gate = self._connect(GATE)
        branches = {spec.name: self._connect(spec) for spec in BRANCHES}
        self._stages = (gate, *branches.values())
        self._driver = Driver(Stages(self._source, gate, branches), settings, self._tracer)
        held = self._driver.caches
        caches.watch(self._tally, articles=held.articles, tones=held.tones, results=held.results)
        self._tally.watch(BUILD, lambda: 1, version("wiki-digest"))

    def __serve_build_asgi_app__(self) -> FastAPI:
        """Serve calls this method, by this name, for the ASGI application."""
        suggest = self._source.suggest
        instruments = Instruments(self._tally, self._overview, self._tracer)
        app = build_app(self._driver, self._settings, self._models, suggest, instruments)
        app.openapi()  # FastAPI keeps it; the first takes longer than a request may hold the loop
        return app

    async def report(self) -> ReplicaReport:
        """What this replica has counted."""
        return report_of_this(self._tally)

    async def _overview(self) -> Overview:
        here = serve.get_replica_context()
        digests = serve.get_deployment_handle(
            here.deployment,
            here.app_name,
            _check_exists=False,  # the check waits for the head, for ever, on this loop
        )
        return await overview(await self.report(), [digests, *self._handles.values()])

    def _connect(self, spec: StageSpec[R]) -> StageClient[R] | BatchedStage[R]:
        handle = self._handles.get(spec.name)
        if handle is None:
            return load(spec, self._settings, self._tally, self._tracer, self._threads)
        observers = Observers(self._tally, self._tracer)
        hedge_after_s = self._settings.digest.hedge_after_s
        return StageClient(handle, spec.result, spec.name, observers, hedge_after_s)

    async def _models(self) -> tuple[ModelInfo, ...]:
        return tuple(await asyncio.gather(*(stage.info() for stage in self._stages)))


def _threads(settings: Settings) -> SharedThreads | None:
    """The threads that the stages of this replica share; None: as many as they ask for.

    One more lets the branches of a speculative request run beside the gate.
    """
    batches = settings.digest.max_concurrent_batches
    spare = 1 if settings.digest.speculative else 0
    return SharedThreads.of(batches + spare) if batches else None
