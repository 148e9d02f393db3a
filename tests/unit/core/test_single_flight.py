import asyncio
from collections.abc import Awaitable
from contextvars import Context, ContextVar, copy_context
from typing import Self

import pytest

from app.core.single_flight import SingleFlightCache
from tests.support.fake_clock import FakeClock
from tests.support.fakes import with_timeout

CALLER: ContextVar[str] = ContextVar("CALLER")
HOUR = 3600


class CountingWork:
    """Returns the number of its call, once `may_finish` is set."""

    def __init__(self) -> None:
        self.calls = 0
        self.started = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.may_finish = asyncio.Event()

    async def __call__(self) -> int:
        self.calls += 1
        call = self.calls
        self.started.set()
        try:
            await self.may_finish.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return call


class ExpiringKey(str):
    """A key whose second hash advances the clock by an hour."""

    __slots__ = ("clock", "hashed")
    clock: FakeClock
    hashed: int

    def __new__(cls, key: str, clock: FakeClock) -> Self:
        self = super().__new__(cls, key)
        self.clock, self.hashed = clock, 0
        return self

    def __hash__(self) -> int:
        self.hashed += 1
        if self.hashed == 2:
            self.clock.sleep(HOUR)
        return super().__hash__()


def finished_work() -> CountingWork:
    """Work that returns at once."""
    work = CountingWork()
    work.may_finish.set()
    return work


def start_callers(
    cache: SingleFlightCache[str, int], work: CountingWork, count: int
) -> list[asyncio.Task[int]]:
    """Start `count` concurrent callers of one key."""
    return [asyncio.create_task(cache.get("a", work)) for _ in range(count)]


async def results_of(*tasks: Awaitable[int]) -> list[int | BaseException]:
    """Return the result or exception of each task."""
    return await with_timeout(asyncio.gather(*tasks, return_exceptions=True))


async def cancel(*tasks: asyncio.Task[int]) -> None:
    """Cancel the tasks, and check that they were cancelled."""
    for task in tasks:
        task.cancel()
    results = await results_of(*tasks)
    assert [type(result) for result in results] == [asyncio.CancelledError] * len(tasks)


async def test_concurrent_callers_share_one_computation() -> None:
    cache, work = SingleFlightCache[str, int](8, HOUR), CountingWork()
    callers = start_callers(cache, work, 3)
    await with_timeout(work.started.wait())
    work.may_finish.set()
    assert await results_of(*callers) == [1, 1, 1]
    assert work.calls == 1


async def test_different_keys_are_computed_concurrently() -> None:
    cache, a, b = SingleFlightCache[str, int](8, HOUR), CountingWork(), CountingWork()
    callers = [asyncio.create_task(cache.get(key, make)) for key, make in (("a", a), ("b", b))]
    await with_timeout(a.started.wait())
    await with_timeout(b.started.wait())
    a.may_finish.set()
    b.may_finish.set()
    assert await results_of(*callers) == [1, 1]


async def test_a_result_is_cached() -> None:
    cache, work = SingleFlightCache[str, int](8, HOUR), finished_work()
    assert "a" not in cache
    assert await cache.get("a", work) == 1
    assert "a" in cache
    assert await cache.get("a", work) == 1


async def test_a_peek_returns_what_is_cached_and_starts_nothing() -> None:
    cache, work = SingleFlightCache[str, int](8, HOUR), CountingWork()
    callers = start_callers(cache, work, 1)
    await with_timeout(work.started.wait())
    assert cache.peek("a") is None
    work.may_finish.set()
    await results_of(*callers)
    assert cache.peek("a") == 1
    assert work.calls == 1


async def test_a_result_of_none_is_cached() -> None:
    cache = SingleFlightCache[str, int | None](8, HOUR)
    work = finished_work()

    async def return_none() -> None:
        await work()

    assert await cache.get("a", return_none) is None
    assert await cache.get("a", return_none) is None
    assert work.calls == 1


async def test_a_result_expires_after_its_ttl() -> None:
    clock = FakeClock()
    cache, work = SingleFlightCache[str, int](8, HOUR, clock.monotonic), finished_work()
    assert await cache.get("a", work) == 1
    clock.sleep(HOUR - 1)
    assert await cache.get("a", work) == 1
    clock.sleep(1)
    assert await cache.get("a", work) == 2


async def test_a_result_that_expires_during_lookup_is_computed_again() -> None:
    clock = FakeClock()
    cache, work = SingleFlightCache[str, int](8, HOUR, clock.monotonic), finished_work()
    assert await cache.get("a", work) == 1
    assert await cache.get(ExpiringKey("a", clock), work) == 2


async def test_a_full_cache_evicts_the_oldest_result() -> None:
    cache, work = SingleFlightCache[str, int](2, HOUR), finished_work()
    for key in "abc":
        await cache.get(key, work)
    assert len(cache) == 2
    assert [key in cache for key in "abc"] == [False, True, True]


async def test_a_cache_of_size_0_still_shares_concurrent_calls() -> None:
    cache, work = SingleFlightCache[str, int](0, HOUR), finished_work()
    assert await results_of(*start_callers(cache, work, 2)) == [1, 1]
    assert len(cache) == 0
    assert await cache.get("a", work) == 2


async def test_a_failure_is_raised_to_all_callers_and_not_cached() -> None:
    cache, work = SingleFlightCache[str, int](8, HOUR), CountingWork()

    async def fail() -> int:
        await work()
        raise ValueError("no luck")

    callers = [asyncio.create_task(cache.get("a", fail)) for _ in range(3)]
    await with_timeout(work.started.wait())
    work.may_finish.set()
    assert [repr(error) for error in await results_of(*callers)] == ["ValueError('no luck')"] * 3
    assert work.calls == 1
    assert "a" not in cache
    assert await cache.get("a", work) == 2


async def test_work_that_raises_at_once_can_be_tried_again() -> None:
    cache = SingleFlightCache[str, int](8, HOUR)

    def refuse() -> Awaitable[int]:
        raise ValueError("not today")

    with pytest.raises(ValueError, match="not today"):
        await cache.get("a", refuse)
    assert await cache.get("a", finished_work()) == 1


async def test_cancelling_some_callers_does_not_cancel_shared_work() -> None:
    cache, work = SingleFlightCache[str, int](8, HOUR), CountingWork()
    first, second, third = start_callers(cache, work, 3)
    await with_timeout(work.started.wait())
    await cancel(first, third)
    assert not work.cancelled.is_set()
    work.may_finish.set()
    assert await with_timeout(second) == 1


async def test_cancelling_all_callers_cancels_the_work() -> None:
    cache, work = SingleFlightCache[str, int](8, HOUR), CountingWork()
    callers = start_callers(cache, work, 2)
    await with_timeout(work.started.wait())
    await cancel(*callers)
    await with_timeout(work.cancelled.wait())
    assert "a" not in cache


async def test_cancelled_work_is_not_cached() -> None:
    cache, work = SingleFlightCache[str, int](8, HOUR), CountingWork()
    callers = start_callers(cache, work, 1)
    await with_timeout(work.started.wait())
    await cancel(*callers)
    work.may_finish.set()
    assert await with_timeout(cache.get("a", work)) == 2


async def test_a_call_during_cleanup_of_cancelled_work_starts_new_work() -> None:
    cache, old, new = SingleFlightCache[str, int](8, HOUR), CountingWork(), CountingWork()
    cleaned_up = asyncio.Event()

    async def clean_up_slowly() -> int:
        try:
            return await old()
        finally:
            await cleaned_up.wait()

    first = asyncio.create_task(cache.get("a", clean_up_slowly))
    await with_timeout(old.started.wait())
    await cancel(first)
    (second,) = start_callers(cache, new, 1)
    await with_timeout(new.started.wait())
    await with_timeout(old.cancelled.wait())
    cleaned_up.set()
    (third,) = start_callers(cache, new, 1)
    new.may_finish.set()
    assert await results_of(second, third) == [1, 1]
    assert new.calls == 1


async def test_work_runs_in_an_empty_context() -> None:
    cache = SingleFlightCache[str, str](8, HOUR)

    async def current_caller() -> str:
        return CALLER.get("nobody")

    CALLER.set("first caller")
    assert await cache.get("a", current_caller) == "nobody"


async def test_work_runs_in_the_context_that_is_made_in_that_of_the_first_caller() -> None:
    cache = SingleFlightCache[str, str](8, HOUR, context=copy_context)

    async def current_caller() -> str:
        return CALLER.get("nobody")

    CALLER.set("first caller")
    assert await cache.get("a", current_caller) == "first caller"


async def test_lookups_are_hits_if_they_share_or_find_a_result() -> None:
    cache = SingleFlightCache[str, int](8, 60)
    release = asyncio.Event()

    async def make() -> int:
        await release.wait()
        return 1

    first, second = (asyncio.create_task(cache.get("a", make)) for _ in range(2))
    await asyncio.sleep(0)
    assert (cache.hits, cache.misses, cache.held) == (1, 1, 0)
    release.set()
    await asyncio.gather(first, second)
    await cache.get("a", make)
    assert (cache.hits, cache.misses, cache.held) == (2, 1, 1)


async def test_a_computation_runs_in_the_context_that_is_made_for_it() -> None:
    made = Context()
    made.run(CALLER.set, "made")
    cache: SingleFlightCache[str, str] = SingleFlightCache(1, HOUR, context=lambda: made)

    async def caller() -> str:
        return CALLER.get()

    assert await cache.get("key", caller) == "made"
