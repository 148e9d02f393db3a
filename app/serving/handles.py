"""Calls from the ingress to deployments: cancellation, one retry, one hedge, errors."""

import asyncio
from functools import partial
from typing import Generic, NamedTuple, TypeVar, cast

from ray.exceptions import RayActorError, RayTaskError
from ray.serve.exceptions import BackPressureError, DeploymentUnavailableError
from ray.serve.handle import DeploymentHandle, DeploymentResponse

from app.config.settings import DigestSettings
from app.core.errors import DigestError, Overloaded, StageFailed
from app.core.hedging import Hedge
from app.core.tracing import OFF, Tracer
from app.core.values import Article, Declined
from app.metrics.kinds import SILENT, Recorder, declare
from app.metrics.table import DIED, REFUSED, RETRIES, SLOW
from app.models.model_info import ModelInfo
from app.serving import unreached
from app.serving.replicas import StageReplica

T = TypeVar("T")
R = TypeVar("R")


class Observers(NamedTuple):
    """What counts the calls, and what traces them."""

    recorder: Recorder = SILENT
    tracer: Tracer = OFF


class StageClient(Generic[R]):
    """A stage's deployment as a callable, with one retry where the replica dies during the call.

    Serve does not retry such calls. It is safe here, because stages have no side effects. So is a
    second attempt after `hedge_after_s` seconds: the first replica may have stalled, or its node.
    """

    def __init__(
        self,
        handle: DeploymentHandle[StageReplica],
        result: type[R],
        stage: str = "",
        observers: Observers = Observers(),  # noqa: B008 - immutable
        hedge_after_s: float = DigestSettings().hedge_after_s,
    ) -> None:
        self._handle = handle
        self._result = result
        self._stage = stage
        self._recorder, self._tracer = observers
        self._hedge = Hedge(hedge_after_s)
        declare(self._recorder, RETRIES, (stage,), (DIED, SLOW))
        declare(self._recorder, REFUSED, ("queue",))

    async def __call__(self, article: Article) -> R:
        """The stage's result for one article.

        Raises:
            StageFailed: the stage failed, or has no replica that works.
            Overloaded: its queue is full.
        """
        self._check()
        attempt = partial(self._retried, article)
        try:
            result = await self._hedge(attempt, partial(self._count, SLOW), self._check)
        except Overloaded:
            self._recorder.add(REFUSED, "queue")
            raise
        if not isinstance(result, self._result | Declined):
            raise StageFailed(f"the stage answered with a {type(result).__name__}")
        return cast("R", result)

    def _check(self) -> None:
        if self._handle.deployment_name in unreached.DEPLOYMENTS:
            raise StageFailed("no replica of the stage answers")

    async def info(self) -> ModelInfo:
        """What one of its replicas has loaded.

        Raises:
            StageFailed: it has no replica that works.
        """
        try:
            return await self._hedge(self._info)
        except RayActorError:
            raise StageFailed("the replica of a stage died") from None

    async def _info(self) -> ModelInfo:
        return await unwrap(cast("DeploymentResponse[ModelInfo]", self._handle.info.remote()))

    async def _retried(self, article: Article) -> object:
        try:
            return await self._call(article)
        except RayActorError:
            self._count(DIED)
            return await self._call(article)

    def _count(self, reason: str) -> None:
        self._recorder.add(RETRIES, self._stage, reason)

    async def _call(self, article: Article) -> object:
        span = self._tracer.here()
        given = (article, span) if span else (article,)
        return await unwrap(cast("DeploymentResponse[object]", self._handle.remote(*given)))


async def unwrap(response: DeploymentResponse[T]) -> T:
    """The result of a call to a deployment. Cancelling this cancels the call.

    Raises:
        DigestError: the deployment's own, or what Ray's error means.
        RayActorError: the replica died.
    """
    try:
        return await response
    except asyncio.CancelledError:
        response.cancel()
        raise
    except BackPressureError:
        raise Overloaded("a stage's queue is full") from None
    except DeploymentUnavailableError:
        raise StageFailed("a stage has no replica that works") from None
    except RayTaskError as error:
        raise _cause(error) from None


def _cause(error: RayTaskError) -> Exception:
    cause = error.cause
    return cause if isinstance(cause, DigestError) else StageFailed(type(cause).__name__)
