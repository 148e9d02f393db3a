"""Requests for a digest that is being made share the turn of the one that makes it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.api.client_turns import TurnsOfRequest
from app.sources.titles import key


class _Shared:
    """A turn, and how many requests it is of."""

    def __init__(self, turns: TurnsOfRequest) -> None:
        self.turns = turns
        self.requests = 0


class SharedTurns:
    """The turns of the terms whose digests are being made.

    The last of a term's requests gives the turn back: the first may have gone away before.
    """

    def __init__(self) -> None:
        self._held: dict[str, _Shared] = {}

    def is_made(self, term: str) -> bool:
        """Whether the digest of a term is being made: one more request for it adds no work."""
        return key(term) in self._held

    @asynccontextmanager
    async def of(self, term: str, turns: TurnsOfRequest) -> AsyncIterator[None]:
        """Share the turn of a term for the time of the block; if there is none, wait for one."""
        name = key(term)
        if name not in self._held:
            await turns.take()
            if name in self._held:  # another client's turn came first
                turns.give_back()
        shared = self._held.setdefault(name, _Shared(turns))
        shared.requests += 1
        try:
            yield
        finally:
            shared.requests -= 1
            if not shared.requests:
                del self._held[name]
                shared.turns.give_back()
