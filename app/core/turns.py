"""Turns: clients share what runs at the same time."""

import asyncio
from collections import Counter, deque
from contextvars import ContextVar

CLIENT: ContextVar[str] = ContextVar("client", default="")
"""The client for whom the current task works."""
ADDRESS: ContextVar[str] = ContextVar("address", default="")
"""Its address or network, also if a key names the client: HAProxy refuses addresses."""


class Turns:
    """`number` turns at the same time; who finds none waits.

    A client has half of them at most while others have some, and seven eighths while none has, so
    that the next client finds one. Turns come in the order of waiting.
    """

    def __init__(self, number: int) -> None:
        self._number = number
        self._held: Counter[str] = Counter()
        self._waiting: deque[tuple[str, asyncio.Future[None]]] = deque()

    async def take(self, client: str) -> None:
        """Wait for a turn, which `give_back` ends."""
        if self._has_room(client):
            self._held[client] += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((client, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # it has come at the same time
                self.give_back(client)
            raise

    def give_back(self, client: str) -> None:
        """End a turn of a client; others begin."""
        self._held[client] -= 1
        if not self._held[client]:
            del self._held[client]
        still: deque[tuple[str, asyncio.Future[None]]] = deque()
        for waiting, turn in self._waiting:
            if not turn.done() and self._has_room(waiting):
                self._held[waiting] += 1
                turn.set_result(None)
            elif not turn.done():
                still.append((waiting, turn))
        self._waiting = still

    def _has_room(self, client: str) -> bool:
        return self._held.total() < self._number and self._held[client] < share(
            self._number, is_alone=self._held.keys() <= {client}
        )


def share(number: int, *, is_alone: bool) -> int:
    """The part of `number` that one client may have, while it is alone or beside others."""
    return max(1, number * 7 // 8 if is_alone else number // 2)
