"""The passes of the event loop, as they are counted beside what is tested."""

import asyncio
from types import TracebackType
from typing import Self


class Passes:
    """Counts the passes of the loop from entry to exit; `now` is the number of the last one."""

    def __init__(self) -> None:
        self.now = 0

    async def __aenter__(self) -> Self:
        self._counting = asyncio.create_task(self._count())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._counting.cancel()

    async def _count(self) -> None:
        while True:
            self.now += 1
            await asyncio.sleep(0)
