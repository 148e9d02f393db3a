"""How many terms are asked for at once, and when: less where the server is busy."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from app.core.backoff import wait_s

PAUSES = 8
"""In a row, without one answer: about a minute, in which a server can start again."""
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0


class Turn(NamedTuple):
    """When something was asked: after so many pauses."""

    pauses: int


class Backpressure:
    """Lets `at_once` ask; where one hears that the server is busy, all pause, and then fewer ask.

    A server that is full of others would be no emptier if each of ours came back by itself. Half
    as many ask after each pause, at least one; with the answers, one by one, more do again.
    """

    def __init__(self, at_once: int, first_pause_s: float = FIRST_PAUSE_S) -> None:
        self.room: float = at_once
        self._most = at_once
        self._first_pause_s = first_pause_s
        self._under_way = 0
        self._pauses = 0
        self._in_a_row = 0
        self._pausing = False
        self._changed = asyncio.Condition()

    @property
    def gave_up(self) -> bool:
        """Whether there were so many pauses without an answer that none will come soon."""
        return self._in_a_row >= PAUSES

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[Turn]:
        """A turn to ask, once there is room for one more and nobody pauses."""
        async with self._changed:
            await self._changed.wait_for(self._may_ask)
            self._under_way += 1
        try:
            yield Turn(self._pauses)
        finally:
            self._under_way -= 1
            async with self._changed:
                self._changed.notify_all()

    def answered(self, turn: Turn) -> None:
        """The server has time: a little more may be asked of it."""
        if turn.pauses == self._pauses:
            self._in_a_row = 0
        self.room = min(self._most, self.room + 1 / self.room)

    async def refused(self, turn: Turn, retry_after_s: float) -> None:
        """Pause on behalf of all, unless that was done since this turn began."""
        if turn.pauses != self._pauses or self.gave_up:
            return
        self._pauses += 1
        self._pausing = True
        self.room = max(1.0, self.room / 2)
        try:
            await asyncio.sleep(self._pause_s(retry_after_s))
        finally:
            self._in_a_row += 1
            self._pausing = False

    def _pause_s(self, retry_after_s: float) -> float:
        return wait_s(self._in_a_row, retry_after_s, self._first_pause_s, LONGEST_PAUSE_S)

    def _may_ask(self) -> bool:
        return not self._pausing and self._under_way < int(self.room)
