"""Backpressure: limit concurrent requests, and lower the limit while the server is busy."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple

from app.core.backoff import wait_s

MAX_PAUSES = 8
"""Consecutive pauses without an answer: about a minute, enough for a server to restart."""
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0


class Slot(NamedTuple):
    """A permit for one request; `pauses` is the number of pauses before it."""

    pauses: int


class Backpressure:
    """Limits concurrent requests: additive increase, multiplicative decrease.

    If a request is refused because the server is busy, all requests pause, and the limit is
    halved, down to one. Each answer raises it again, up to `concurrency`. A pause per request would
    not help a server that other requests fill. `sleep` takes seconds.
    """

    def __init__(
        self,
        concurrency: int,
        first_pause_s: float = FIRST_PAUSE_S,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.limit: float = concurrency
        self._max_limit = concurrency
        self._first_pause_s = first_pause_s
        self._sleep = sleep
        self._in_progress = 0
        self._pauses = 0
        self._pauses_without_answer = 0
        self._paused = False
        self._changed = asyncio.Condition()

    @property
    def gave_up(self) -> bool:
        """Whether `MAX_PAUSES` consecutive pauses ended without an answer."""
        return self._pauses_without_answer >= MAX_PAUSES

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[Slot]:
        """Wait for a free slot and the end of a pause; hold the slot until exit."""
        async with self._changed:
            await self._changed.wait_for(self._is_free)
            self._in_progress += 1
        try:
            yield Slot(self._pauses)
        finally:
            self._in_progress -= 1
            async with self._changed:
                self._changed.notify_all()

    def answered(self, slot: Slot) -> None:
        """Raise the limit by a fraction of a request."""
        if slot.pauses == self._pauses:
            self._pauses_without_answer = 0
        self.limit = min(self._max_limit, self.limit + 1 / self.limit)

    async def refused(self, slot: Slot, retry_after_s: float) -> None:
        """Pause all requests and halve the limit, unless that was done since `slot` was taken."""
        if slot.pauses != self._pauses or self.gave_up:
            return
        self._pauses += 1
        self._paused = True
        self.limit = max(1.0, self.limit / 2)
        try:
            await self._sleep(self._pause_s(retry_after_s))
        finally:
            self._pauses_without_answer += 1
            self._paused = False

    def _pause_s(self, retry_after_s: float) -> float:
        tries = self._pauses_without_answer
        return wait_s(tries, retry_after_s, self._first_pause_s, LONGEST_PAUSE_S)

    def _is_free(self) -> bool:
        return not self._paused and self._in_progress < int(self.limit)
