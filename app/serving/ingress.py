"""The ingress: HTTP, the driver and the source in one deployment."""

import asyncio
from typing import TypeVar

from fastapi import FastAPI
from ray.serve.handle import DeploymentHandle

from app.api.routes import build_app
from app.config.settings import Settings
from app.core.values import BranchResult
from app.driver import Driver, Stages
from app.models.model_info import ModelInfo
from app.serving.handles import StageClient
from app.serving.replicas import BatchedStage, StageReplica, load
from app.stages import source
from app.stages.registry import BRANCHES, GATE, StageSpec

R = TypeVar("R", bound=BranchResult)


class DigestReplica:
    """A replica of the ingress; `handles` are the stages' deployments by name.

    A stage without a handle runs in this process (`placement: fused`).
    """

    def __init__(self, settings: Settings, **handles: DeploymentHandle[StageReplica]) -> None:
        self._settings = settings
        self._handles = handles
        self._source = source.load(settings.source)
        gate = self._connect(GATE)
        branches = {spec.name: self._connect(spec) for spec in BRANCHES}
        self._stages = (gate, *branches.values())
        self._driver = Driver(Stages(self._source, gate, branches), settings)

    def __serve_build_asgi_app__(self) -> FastAPI:
        """Serve calls this method, by this name, for the ASGI application."""
        return build_app(self._driver, self._settings.digest, self._models, self._source.suggest)

    def _connect(self, spec: StageSpec[R]) -> StageClient[R] | BatchedStage[R]:
        handle = self._handles.get(spec.name)
        if handle is None:
            return load(spec, self._settings)
        return StageClient(handle, spec.result)

    async def _models(self) -> tuple[ModelInfo, ...]:
        return tuple(await asyncio.gather(*(stage.info() for stage in self._stages)))
