"""One computation for all callers that need the same result at the same time, and a cache."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from contextlib import suppress
from contextvars import Context
from typing import Generic, TypeVar

from cachetools import TTLCache

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class _Work(Generic[V]):
    """A computation in progress, and the number of its callers."""

    def __init__(self, make: Callable[[], Awaitable[V]]) -> None:
        # An empty context: Serve cancels all tasks in a request's context when the request ends.
        self.task = asyncio.create_task(_as_coroutine(make()), context=Context())
        self.callers = 0


class SingleFlightCache(Generic[K, V]):
    """Shares computations in progress by key; caches `size` results for `ttl_s` seconds.

    Errors are not cached. A computation whose callers have all been cancelled is cancelled.
    """

    def __init__(
        self, size: int, ttl_s: float, timer: Callable[[], float] = time.monotonic
    ) -> None:
        self._results: TTLCache[K, V] = TTLCache(size, ttl_s, timer)
        self._in_progress: dict[K, _Work[V]] = {}

    def __contains__(self, key: K) -> bool:
        return key in self._results

    def __len__(self) -> int:
        return len(self._results)

    async def get(self, key: K, make: Callable[[], Awaitable[V]]) -> V:
        """The result for `key`: from the cache, from a computation in progress, or from `make`."""
        with suppress(KeyError):  # a single lookup: the entry may expire between two
            return self._results[key]
        work = self._in_progress.get(key) or self._start(key, make)
        work.callers += 1
        try:
            return await asyncio.shield(work.task)
        finally:
            work.callers -= 1
            if work.callers == 0:
                self._drop(key, work)

    def _start(self, key: K, make: Callable[[], Awaitable[V]]) -> _Work[V]:
        work = self._in_progress[key] = _Work(make)
        work.task.add_done_callback(lambda task: self._finish(key, work, task))
        return work

    def _finish(self, key: K, work: _Work[V], task: asyncio.Task[V]) -> None:
        self._drop(key, work)
        if not task.cancelled() and task.exception() is None:
            self._store(key, task.result())

    def _drop(self, key: K, work: _Work[V]) -> None:
        work.task.cancel()
        if self._in_progress.get(key) is work:
            del self._in_progress[key]

    def _store(self, key: K, value: V) -> None:
        if self._results.maxsize > 0:
            self._results[key] = value


def _as_coroutine(awaitable: Awaitable[V]) -> Coroutine[None, None, V]:
    async def run() -> V:
        return await awaitable

    return run()
