"""One computation for all callers that need the same result at the same time, and a cache."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from contextlib import suppress
from contextvars import Context
from typing import Generic, TypeVar

from cachetools import Cache, TTLCache

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class _Work(Generic[V]):
    """A computation in progress, and the number of its callers."""

    def __init__(self, make: Callable[[], Awaitable[V]], context: Context) -> None:
        self.task = asyncio.create_task(as_coroutine(make()), context=context)
        self.callers = 0


class SingleFlightCache(Generic[K, V]):
    """Shares computations in progress by key; caches `size` results for `ttl_s` seconds.

    Errors are not cached. A computation whose callers have all been cancelled is cancelled.
    `context` is called for the context of each: by default an empty one, because Serve cancels all
    tasks in the context of a request when the request ends.
    `hits` and `misses` count the lookups; sharing a computation is a hit.
    """

    def __init__(
        self,
        size: int,
        ttl_s: float,
        timer: Callable[[], float] = time.monotonic,
        context: Callable[[], Context] = Context,
    ) -> None:
        self._results: TTLCache[K, V] = TTLCache(size, ttl_s, timer)
        self._context = context
        self._in_progress: dict[K, _Work[V]] = {}
        self.hits = 0
        self.misses = 0

    def __contains__(self, key: K) -> bool:
        return key in self._results

    def peek(self, key: K) -> V | None:
        """The cached result for `key`, if there is one."""
        try:
            return self._results[key]
        except KeyError:
            return None

    def __len__(self) -> int:
        return len(self._results)

    @property
    def held(self) -> int:
        """The entries in memory, expired ones included; any thread may ask."""
        return Cache.__len__(self._results)

    async def get(self, key: K, make: Callable[[], Awaitable[V]]) -> V:
        """The result for `key`: from the cache, from a computation in progress, or from `make`."""
        with suppress(KeyError):  # a single lookup: the entry may expire between two
            result = self._results[key]
            self.hits += 1
            return result
        work = self._in_progress.get(key)
        self.hits += work is not None
        work = work or self._start(key, make)
        work.callers += 1
        try:
            return await asyncio.shield(work.task)
        finally:
            work.callers -= 1
            if work.callers == 0:
                self._drop(key, work)

    def _start(self, key: K, make: Callable[[], Awaitable[V]]) -> _Work[V]:
        self.misses += 1
        work = self._in_progress[key] = _Work(make, self._context())
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


def as_coroutine(awaitable: Awaitable[V]) -> Coroutine[None, None, V]:
    """A coroutine with this result: a task takes no other awaitable."""

    async def run() -> V:
        return await awaitable

    return run()
