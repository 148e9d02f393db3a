"""Tasks that take turns."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager


class Holder:
    """A task that wants a turn, and holds it until `leave` is set."""

    def __init__(self, turn: AbstractAsyncContextManager[None]) -> None:
        self.begun, self.leave = asyncio.Event(), asyncio.Event()
        self.task = asyncio.create_task(self._hold(turn))

    async def _hold(self, turn: AbstractAsyncContextManager[None]) -> None:
        async with turn:
            self.begun.set()
            await self.leave.wait()


@asynccontextmanager
async def holding(
    turn: AbstractAsyncContextManager[None], wanted: int
) -> AsyncIterator[list[Holder]]:
    """So many tasks that want a turn, in this order; they end with the block."""
    holders = [Holder(turn) for _ in range(wanted)]
    await asyncio.sleep(0)
    try:
        yield holders
    finally:
        for one in holders:
            one.task.cancel()
        await asyncio.gather(*(one.task for one in holders), return_exceptions=True)


async def begun(turn: AbstractAsyncContextManager[None], wanted: int) -> int:
    """How many of so many tasks have a turn at the same time."""
    async with holding(turn, wanted) as holders:
        return sum(one.begun.is_set() for one in holders)
