"""One request's clock: what its stages took, what is missing, and when its time is up."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from app.answer import Article, Entities, Heading, Missing, StageDone, Summary, Tone
from app.errors import DeadlineExceeded, DigestError, StageFailed

T = TypeVar("T", Article, Tone, Summary, Entities)
Tell = Callable[[StageDone], None]


def ignore(_: StageDone) -> None:
    """Tell nobody."""


class Run:
    """Asks stages on behalf of one request, and tells as each finishes.

    `deadline` is a time of the running loop's clock, in seconds.
    """

    def __init__(self, deadline: float, tell: Tell) -> None:
        self.ms: dict[str, float] = {}
        self.missing: list[Missing] = []
        self.cached = True
        self._deadline = deadline
        self._tell = tell

    async def must(self, stage: str, ask: Callable[[], Awaitable[T]]) -> T:
        """The result of a stage that the answer cannot do without.

        Raises:
            DigestError: the stage's own error, or one that says that it failed or was too slow.
        """
        started = time.perf_counter()
        result: T | None = None
        try:
            async with asyncio.timeout_at(self._deadline):
                result = await ask()
        except TimeoutError:
            raise DeadlineExceeded(f"{stage} did not answer in time") from None
        except DigestError:
            raise
        except Exception as error:
            raise StageFailed(f"{stage} failed: {type(error).__name__}", stage) from error
        finally:
            self._done(stage, started, result)
        return result

    async def may(self, stage: str, ask: Callable[[], Awaitable[T]]) -> T | None:
        """The result of a stage that the answer can do without; None where it failed."""
        try:
            return await self.must(stage, ask)
        except DigestError as error:
            self.missing.append(Missing(stage=stage, reason=error.detail))
            return None

    def _done(self, stage: str, started: float, result: T | None) -> None:
        ms = self.ms[stage] = round((time.perf_counter() - started) * 1000, 3)
        shown: Heading | Tone | Summary | Entities | None = result
        if isinstance(result, Article):
            shown = result.heading
        self._tell(StageDone(stage=stage, ms=ms, result=shown))
