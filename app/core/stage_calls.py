"""The calls that one request makes to stages: their deadline, their time, and what is missing."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from app.core.errors import DeadlineExceeded, DigestError, StageFailed
from app.core.stage_caches import ms_since
from app.core.tracing import OFF, Tracer
from app.core.values import (
    Article,
    Declined,
    Digest,
    Missing,
    StageDone,
    StageResult,
    Tone,
    combine,
)

T = TypeVar("T", bound=Article | StageResult | Declined)
R = TypeVar("R", bound=StageResult)
StageListener = Callable[[StageDone], None]
"""Called as each stage finishes."""


def ignore(_: StageDone) -> None:
    """A listener that does nothing."""


class StageCalls:
    """Calls stages for one request, and reports each one that finishes to `listener`.

    `deadline` is a time of the running loop's clock, in seconds. `ms` are times so far, by stage.
    """

    def __init__(
        self,
        deadline: float,
        listener: StageListener,
        ms: Mapping[str, float] | None = None,
        tracer: Tracer = OFF,
    ) -> None:
        self.ms = dict(ms or {})
        self.missing: list[Missing] = []
        self.cached = True
        self._deadline = deadline
        self._listener = listener
        self._tracer = tracer

    async def require(self, stage: str, call: Callable[[], Awaitable[T]]) -> T:
        """The result of a stage that the answer needs.

        Raises:
            DigestError: the stage's own error, or one that says that it failed or timed out.
        """
        with self._tracer.span(stage):
            return await self._require(stage, call)

    async def _require(self, stage: str, call: Callable[[], Awaitable[T]]) -> T:
        started = time.perf_counter()
        result: T | None = None
        try:
            async with asyncio.timeout_at(self._deadline):
                result = await call()
        except TimeoutError:
            raise DeadlineExceeded(f"{stage} did not answer in time") from None
        except DigestError:
            raise
        except Exception as error:
            raise StageFailed(f"{stage} failed: {type(error).__name__}", stage) from error
        finally:
            self._report(stage, started, result)
        return result

    async def attempt(self, stage: str, call: Callable[[], Awaitable[R | Declined]]) -> R | None:
        """The result of a stage that the answer can lack; None if it declined or failed."""
        try:
            return self.accept(stage, await self.require(stage, call))
        except DigestError as error:
            self.missing.append(Missing(stage=stage, reason=error.detail))
            return None

    def accept(self, stage: str, result: R | Declined) -> R | None:
        """The result of a stage that the answer can lack; None if it declined."""
        if isinstance(result, Declined):
            self.missing.append(Missing(stage=stage, reason=result.reason, declined=True))
            return None
        return result

    def digest(
        self, article: Article, *, term: str, tone: Tone | None, **results: StageResult | None
    ) -> Digest:
        """The digest of these results, with what is missing, the times, and `cached`."""
        return combine(
            article,
            term=term,
            ms=self.ms,
            tone=tone,
            missing=self.missing,
            cached=self.cached,
            **results,
        )

    def _report(
        self, stage: str, started: float, result: Article | StageResult | Declined | None
    ) -> None:
        ms = self.ms[stage] = ms_since(started)
        if self._listener is not ignore:
            self._listener(stage_done(stage, ms, result))


def stage_done(stage: str, ms: float, result: Article | StageResult | Declined | None) -> StageDone:
    """What a listener is told of a stage that returned this, or failed."""
    if isinstance(result, Declined):
        return StageDone(stage=stage, ms=ms, result=None, reason=result.reason)
    return StageDone(
        stage=stage, ms=ms, result=result.heading if isinstance(result, Article) else result
    )
