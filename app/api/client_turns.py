"""Of one client's requests, a few run at the same time."""

import asyncio
from collections import deque
from collections.abc import Callable
from weakref import WeakValueDictionary


class TurnsOfClient:
    """`limit()` tasks at the same time are in an `async with` block of this; others wait."""

    def __init__(self, limit: Callable[[], int]) -> None:
        self._limit = limit
        self._running = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def __aenter__(self) -> None:
        if self._running < self._limit():
            self._running += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # it has come at the same time
                self._leave()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._leave()

    def _leave(self) -> None:
        self._running -= 1
        while self._waiting and self._running < self._limit():
            turn = self._waiting.popleft()
            if not turn.done():
                self._running += 1
                turn.set_result(None)


class ClientTurns:
    """The turns of each client: `number`, or half of them while it is not alone."""

    def __init__(self, number: int, is_alone: Callable[[str], bool]) -> None:
        self._number = number
        self._is_alone = is_alone
        self._held: WeakValueDictionary[str, TurnsOfClient] = WeakValueDictionary()

    def of(self, client: str) -> TurnsOfClient:
        """The turns of a client, while anything holds them."""
        return self._held.setdefault(client, TurnsOfClient(lambda: self._limit(client)))

    def _limit(self, client: str) -> int:
        return self._number if self._is_alone(client) else max(1, self._number // 2)
