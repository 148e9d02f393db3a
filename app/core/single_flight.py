"""One computation for all who ask for the same thing at the same time, and a memory of the last."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from contextlib import suppress
from contextvars import Context
from typing import Any, Generic, TypeVar

from cachetools import TTLCache

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class _Work(Generic[V]):
    """A computation under way, and how many wait for it."""

    def __init__(self, make: Callable[[], Awaitable[V]]) -> None:
        # An empty context: in the first caller's, Serve would end the work when that caller leaves.
        self.task = asyncio.create_task(_await(make()), context=Context())
        self.waiting = 0


class SingleFlightCache(Generic[K, V]):
    """Shares what is under way by key; remembers `size` results for `ttl_s` seconds.

    Failures are not remembered. Work that nobody waits for any more is cancelled.
    """

    def __init__(self, size: int, ttl_s: float) -> None:
        self._done: TTLCache[K, V] = TTLCache(size, ttl_s)
        self._under_way: dict[K, _Work[V]] = {}

    def __contains__(self, key: K) -> bool:
        return key in self._done

    def __len__(self) -> int:
        return len(self._done)

    async def get(self, key: K, make: Callable[[], Awaitable[V]]) -> V:
        """The result for `key`: remembered, or shared with others, or made now."""
        with suppress(KeyError):  # one look only: what is there may be out of date a moment later
            return self._done[key]
        work = self._under_way.get(key) or self._start(key, make)
        work.waiting += 1
        try:
            return await asyncio.shield(work.task)
        finally:
            work.waiting -= 1
            if work.waiting == 0:
                self._leave(key, work)

    def _start(self, key: K, make: Callable[[], Awaitable[V]]) -> _Work[V]:
        work = self._under_way[key] = _Work(make)
        work.task.add_done_callback(lambda task: self._finish(key, work, task))
        return work

    def _finish(self, key: K, work: _Work[V], task: asyncio.Task[V]) -> None:
        self._leave(key, work)
        if not task.cancelled() and task.exception() is None:
            self._remember(key, task.result())

    def _leave(self, key: K, work: _Work[V]) -> None:
        work.task.cancel()
        if self._under_way.get(key) is work:
            del self._under_way[key]

    def _remember(self, key: K, value: V) -> None:
        if self._done.maxsize > 0:
            self._done[key] = value


def _await(awaitable: Awaitable[V]) -> Coroutine[Any, Any, V]:
    async def run() -> V:
        return await awaitable

    return run()
