"""The calls that one request makes to stages: their deadline, their time, and what is missing."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from app.core.errors import DeadlineExceeded, DigestError, StageFailed
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

    `deadline` is a time of the running loop's clock, in seconds.
    """

    def __init__(self, deadline: float, listener: StageListener) -> None:
        self.ms: dict[str, float] = {}
        self.missing: list[Missing] = []
        self.cached = True
        self._deadline = deadline
        self._listener = listener

    async def require(self, stage: str, call: Callable[[], Awaitable[T]]) -> T:
        """The result of a stage that the answer needs.

        Raises:
            DigestError: the stage's own error, or one that says that it failed or timed out.
        """
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
            result = await self.require(stage, call)
        except DigestError as error:
            self.missing.append(Missing(stage=stage, reason=error.detail))
            return None
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
        ms = self.ms[stage] = round((time.perf_counter() - started) * 1000, 3)
        if isinstance(result, Declined):
            done = StageDone(stage=stage, ms=ms, result=None, reason=result.reason)
        else:
            shown = result.heading if isinstance(result, Article) else result
            done = StageDone(stage=stage, ms=ms, result=shown)
        self._listener(done)
