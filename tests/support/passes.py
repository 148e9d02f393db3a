"""The passes of the event loop, as they are counted beside what is tested."""

import asyncio
import time
from types import TracebackType
from typing import Self


class Passes:
    """Counts the passes of the loop from entry to exit; `now` is the number of the last one.

    `longest_s` is the most CPU time of the thread in one of them: for so long others waited.
    """

    def __init__(self) -> None:
        self.now = 0
        self.longest_s = 0.0

    async def __aenter__(self) -> Self:
        self._counting = asyncio.create_task(self._count())
        await asyncio.sleep(0)  # so that it runs before what is tested
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await asyncio.sleep(0)  # so that it has seen the last pass
        self._counting.cancel()

    async def _count(self) -> None:
        while True:
            self.now += 1
            started = time.thread_time()
            await asyncio.sleep(0)
            self.longest_s = max(self.longest_s, time.thread_time() - started)
