"""Of one client's requests, a few run at the same time."""

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

_Waiting = tuple[int, int, asyncio.Future[None]]


class TurnsOfClient:
    """`limit()` turns at the same time. Those of an earlier request come first."""

    def __init__(self, limit: Callable[[], int]) -> None:
        self._limit = limit
        self._running = 0
        self._requests = itertools.count()
        self._order = itertools.count()
        self._waiting: list[_Waiting] = []  # a heap

    def of_request(self) -> "TurnsOfRequest":
        """The turns of one more request."""
        return TurnsOfRequest(self, next(self._requests))

    async def take(self, request: int) -> None:
        """Wait for a turn, which `give_back` ends."""
        if self._running < self._limit():
            self._running += 1
            return
        turn = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (request, next(self._order), turn))
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # it has come at the same time
                self.give_back()
            raise

    def give_back(self) -> None:
        """End a turn; others begin."""
        self._running -= 1
        while self._waiting and self._running < self._limit():
            *_, turn = heapq.heappop(self._waiting)
            if not turn.done():
                self._running += 1
                turn.set_result(None)


class TurnsOfRequest:
    """Each task of a request is in an `async with` block of this while it runs."""

    def __init__(self, turns: TurnsOfClient, request: int) -> None:
        self._turns = turns
        self._request = request

    async def take(self) -> None:
        """Wait for a turn, which `give_back` ends."""
        await self._turns.take(self._request)

    def give_back(self) -> None:
        """End a turn."""
        self._turns.give_back()

    async def __aenter__(self) -> None:
        await self.take()

    async def __aexit__(self, *_: object) -> None:
        self.give_back()


class LongSteps:
    """Steps that hold the loop for milliseconds: of each client one in a pass of the loop.

    So requests of other clients go on between them.
    """

    def __init__(self) -> None:
        self._turns = ClientTurns(1, lambda _: True)

    async def begin(self, client: str) -> None:
        """Wait for a turn of this client, which the next pass of the loop ends."""
        turns = self._turns.of_request(client)
        await turns.take()
        asyncio.get_running_loop().call_soon(turns.give_back)

    @asynccontextmanager
    async def rested(self, client: str) -> AsyncIterator[None]:
        """Wait for a turn of this client, and hold it for the block and as long again.

        So the client takes half of the loop's time at most.
        """
        turns, loop = self._turns.of_request(client), asyncio.get_running_loop()
        await turns.take()
        began = loop.time()
        try:
            yield
        finally:
            loop.call_later(loop.time() - began, turns.give_back)


class ClientTurns:
    """The turns of each client: `number`, or half of them while it is not alone."""

    def __init__(self, number: int, is_alone: Callable[[str], bool]) -> None:
        self._number = number
        self._is_alone = is_alone
        self._held: WeakValueDictionary[str, TurnsOfClient] = WeakValueDictionary()

    def of_request(self, client: str) -> TurnsOfRequest:
        """The turns of a request, which share those of its client."""
        turns = self._held.setdefault(client, TurnsOfClient(lambda: self._limit(client)))
        return turns.of_request()

    def _limit(self, client: str) -> int:
        return self._number if self._is_alone(client) else max(1, self._number // 2)
