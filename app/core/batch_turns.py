"""Turns of batches: calls wait until a batch may run, and then begin together.

`serve.batch` (Ray 2.60) puts a batch together before it waits for a running one to end. Without a
time to wait for more, each call would be a batch of its own, however many wait.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import Context


class Turn:
    """That of the calls of a batch: its slots are free again once all `holders` have ended."""

    def __init__(self, holders: int, free: Callable[[], None]) -> None:
        self.holders = holders
        self._free: Callable[[], None] | None = free

    def end(self) -> None:
        """End the turn of one holder."""
        self.holders -= 1
        if not self.holders:
            self.give_back()

    def give_back(self) -> None:
        """Free the slots, if that was not done before."""
        free, self._free = self._free, None
        if free:
            free()


@contextmanager
def running(turns: Iterable[Turn]) -> Iterator[None]:
    """A batch runs, though its calls may be cancelled; if it has calls of several turns, in one."""
    first, *merged = dict.fromkeys(turns)
    first.holders += 1
    for turn in merged:
        turn.give_back()
    try:
        yield
    finally:
        first.end()


class BatchTurns:
    """Lets calls begin in batches, each of which takes a slot of each semaphore, in their order.

    A batch has `size` calls at most. Its first call waits `wait_s` seconds for others, and longer
    while no slot is free. Stages that share slots have them last, after those of their own.
    """

    def __init__(self, *slots: asyncio.Semaphore, size: int, wait_s: float = 0) -> None:
        self.size = size
        self.wait_s = wait_s
        self._slots = slots
        self._waiting: deque[asyncio.Future[Turn]] = deque()
        self._arrived = asyncio.Event()
        self._starting: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[Turn]:
        """Wait for a turn; the call is made inside the block."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        self._arrived.set()
        if self._starting is None or self._starting.done():
            # Not in the context of this request, which may end before others.
            self._starting = asyncio.create_task(self._start_batches(), context=Context())
        try:
            turn = await future
        except asyncio.CancelledError:
            with suppress(ValueError):
                self._waiting.remove(future)
            if not future.cancelled():  # its turn has come at the same time
                future.result().end()
            raise
        try:
            yield turn
        finally:
            turn.end()

    async def _start_batches(self) -> None:
        while self._waiting:
            if self.wait_s:
                await self._filled()
            for slots in self._slots:
                await slots.acquire()
            ready = [future for future in self._taken() if not future.done()]
            turn = Turn(len(ready), self._free)
            for future in ready:
                future.set_result(turn)
            if not ready:
                turn.give_back()

    async def _filled(self) -> None:
        """Wait until there are `size` calls, `wait_s` at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self.wait_s):
                while len(self._waiting) < self.size:
                    self._arrived.clear()
                    await self._arrived.wait()

    def _taken(self) -> list[asyncio.Future[Turn]]:
        return [self._waiting.popleft() for _ in range(min(self.size, len(self._waiting)))]

    def _free(self) -> None:
        for slots in self._slots:
            slots.release()
