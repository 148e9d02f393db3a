"""What a server says of itself: `GET /v1/models`, and `GET /v1/status` with all replicas' load."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from importlib.metadata import version
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query
from pydantic import Field

from app.api import problems
from app.api.schemas import Models, NoQuery
from app.core.errors import DeadlineExceeded, DigestError, Overloaded, StageFailed
from app.core.single_flight import SingleFlightCache
from app.core.tracing import OFF, Tracer
from app.core.values import Value
from app.metrics.kinds import SILENT, Recorder
from app.metrics.report import ReplicaReport
from app.models.model_info import ModelInfo

KEPT_S = 0.5
"""Seconds that a status, or the list of models, is kept: each asks replicas, without admission."""
MODELS_S = 2.0
"""Timeout of the models, in seconds: a status is wanted most when the stages are slow."""
ListModels = Callable[[], Awaitable[tuple[ModelInfo, ...]]]


class Overview(NamedTuple):
    """What the replicas say of themselves; `silent` is the number of those that did not answer."""

    replicas: tuple[ReplicaReport, ...] = ()
    silent: int = 0


class Status(Value):
    """The version, the models, and the load of every replica."""

    version: Annotated[str, Field(examples=["0.1.0"])]
    uptime_s: Annotated[float, Field(ge=0, description="of the oldest replica")]
    models: Annotated[
        tuple[ModelInfo, ...], Field(description="empty if the stages did not answer in time")
    ]
    replicas: tuple[ReplicaReport, ...]
    silent: Annotated[int, Field(ge=0, description="replicas that did not answer in time")] = 0


async def _alone() -> Overview:
    return Overview()


class Instruments(NamedTuple):
    """What counts the requests, what asks all replicas for their counts, and what traces."""

    recorder: Recorder = SILENT
    overview: Callable[[], Awaitable[Overview]] = _alone
    tracer: Tracer = OFF


NO_INSTRUMENTS = Instruments()


def shared(models: ListModels) -> ListModels:
    """The models, for which the stages are asked once for all requests within `KEPT_S`."""
    kept = SingleFlightCache[str, tuple[ModelInfo, ...]](1, KEPT_S)
    return lambda: kept.get("", models)


def models_route(models: ListModels, deadline_s: float) -> APIRouter:
    """The route for the loaded models."""
    router = APIRouter(tags=["about"])

    errors = (StageFailed, DeadlineExceeded, Overloaded)  # a stage's queue can be full

    @router.get("/v1/models", responses=problems.documented(*errors))
    async def loaded(_: Annotated[NoQuery, Query()]) -> Models:
        """The loaded models: names, revisions and devices."""
        try:
            async with asyncio.timeout(deadline_s):
                return Models(models=await models())
        except TimeoutError:
            raise DeadlineExceeded("the stages did not answer in time") from None

    return router


def status_route(models: ListModels, instruments: Instruments) -> APIRouter:
    """The route for the status."""
    router, kept = APIRouter(tags=["about"]), SingleFlightCache[str, Status](1, KEPT_S)

    async def ask() -> Status:
        found, loaded = await asyncio.gather(instruments.overview(), _loaded(models))
        return Status(
            version=version("wiki-digest"),
            uptime_s=max((one.uptime_s for one in found.replicas), default=0),
            models=loaded,
            replicas=found.replicas,
            silent=found.silent,
        )

    @router.get("/v1/status", responses=problems.documented())
    async def status(_: Annotated[NoQuery, Query()]) -> Status:
        """The version, the models, and the load of every replica since it started."""
        return await kept.get("", ask)

    return router


async def _loaded(models: ListModels) -> tuple[ModelInfo, ...]:
    with suppress(DigestError, TimeoutError):
        async with asyncio.timeout(MODELS_S):
            return await models()
    return ()
