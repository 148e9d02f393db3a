"""Turns of batches: calls wait until a batch may run, and then begin together.

`serve.batch` (Ray 2.60) puts a batch together before it waits for a running one to end. Without a
time to wait for more, each call would be a batch of its own, however many wait.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class _Batch:
    """The calls of a batch that have not ended."""

    def __init__(self, calls: int) -> None:
        self.calls = calls


class BatchTurns:
    """Lets calls begin in batches, each with a slot of its own, of every one of `slots`.

    A batch has `size` calls at most. Its first call waits `wait_s` seconds for others, and longer
    while no slot is free. A slot is free again once all calls of its batch have ended.
    """

    def __init__(self, *slots: asyncio.Semaphore, size: int, wait_s: float = 0) -> None:
        self.size = size
        self.wait_s = wait_s
        self._slots = slots
        self._waiting: deque[asyncio.Future[_Batch]] = deque()
        self._arrived = asyncio.Event()
        self._starting: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a batch; the call is made inside the block."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        self._arrived.set()
        if self._starting is None:
            self._starting = asyncio.create_task(self._start())
        try:
            batch = await future
        except asyncio.CancelledError:
            if not future.cancelled():  # its batch has come at the same time
                self._end(future.result())
            raise
        try:
            yield
        finally:
            self._end(batch)

    async def _start(self) -> None:
        """Start batches as long as calls wait."""
        while self._waiting:
            if self.wait_s:
                await self._filled()
            for slots in self._slots:
                await slots.acquire()
            ready = [future for future in self._taken() if not future.done()]
            batch = _Batch(len(ready))
            for future in ready:
                future.set_result(batch)
            if not ready:
                self._release()
        self._starting = None

    async def _filled(self) -> None:
        """Wait until there are `size` calls, `wait_s` at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self.wait_s):
                while len(self._waiting) < self.size:
                    self._arrived.clear()
                    await self._arrived.wait()

    def _taken(self) -> list[asyncio.Future[_Batch]]:
        return [self._waiting.popleft() for _ in range(min(self.size, len(self._waiting)))]

    def _end(self, batch: _Batch) -> None:
        batch.calls -= 1
        if not batch.calls:
            self._release()

    def _release(self) -> None:
        for slots in self._slots:
            slots.release()
