import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from app.core.batch_turns import BatchTurns, running
from tests.support.fakes import with_timeout

PASSES = 20
"""Passes of the loop in which what can begin has begun."""


class Batches:
    """Calls that take turns, until they are told to end; `begun` are their names in order."""

    def __init__(self, turns: BatchTurns) -> None:
        self._turns = turns
        self._may_end: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.begun: list[str] = []

    async def call(self, *names: str) -> None:
        """Make these calls, one after the other."""
        for name in names:
            self._may_end[name] = asyncio.Event()
            self.tasks[name] = asyncio.create_task(self._run(name))
        await passes()

    async def end(self, *names: str) -> None:
        """Let these calls end."""
        for name in names:
            self._may_end[name].set()
            await with_timeout(self.tasks[name])
        await passes()

    async def _run(self, name: str) -> None:
        async with self._turns.turn():
            self.begun.append(name)
            await self._may_end[name].wait()


async def passes() -> None:
    for _ in range(PASSES):
        await asyncio.sleep(0)


@asynccontextmanager
async def batches(
    size: int = 3, slots: int = 1, wait_s: float = 0
) -> AsyncIterator[tuple[BatchTurns, Batches]]:
    """Calls that take turns; all end with the block."""
    turns = BatchTurns(asyncio.Semaphore(slots), size=size, wait_s=wait_s)
    calls = Batches(turns)
    yield turns, calls
    for task in calls.tasks.values():
        task.cancel()
    await asyncio.gather(*calls.tasks.values(), return_exceptions=True)


async def test_a_call_alone_begins_at_once() -> None:
    async with batches() as (_, calls):
        await calls.call("a")
        assert calls.begun == ["a"]


async def test_calls_that_come_while_a_batch_runs_are_one_batch() -> None:
    async with batches() as (_, calls):
        await calls.call("a")
        await calls.call("b")
        await calls.call("c")
        assert calls.begun == ["a"]
        await calls.end("a")
        assert calls.begun == ["a", "b", "c"]


async def test_a_batch_has_at_most_its_size_and_begins_in_order() -> None:
    async with batches(size=3) as (_, calls):
        await calls.call("a")
        await calls.call(*"bcdef")
        await calls.end("a")
        assert calls.begun == [*"abcd"]
        await calls.end(*"bcd")
        assert calls.begun == [*"abcdef"]


async def test_a_slot_is_free_once_all_calls_of_its_batch_have_ended() -> None:
    async with batches() as (_, calls):
        await calls.call("a")
        await calls.call("b", "c")
        await calls.end("a")
        await calls.call("d")
        await calls.end("b")
        assert "d" not in calls.begun
        await calls.end("c")
        assert "d" in calls.begun


async def test_as_many_batches_run_as_there_are_slots() -> None:
    async with batches(slots=2) as (_, calls):
        for name in "abc":
            await calls.call(name)
        assert calls.begun == ["a", "b"]


async def test_stages_share_slots() -> None:
    shared = asyncio.Semaphore(1)
    first, second = (Batches(BatchTurns(asyncio.Semaphore(2), shared, size=3)) for _ in range(2))
    await first.call("a")
    await second.call("b")
    assert second.begun == []
    await first.end("a")
    assert second.begun == ["b"]
    await second.end("b")


async def test_the_first_call_waits_for_others() -> None:
    async with batches(size=2, wait_s=60) as (_, calls):
        await calls.call("a")
        assert calls.begun == []
        await calls.call("b")
        assert calls.begun == ["a", "b"]


async def test_the_wait_ends() -> None:
    async with batches(wait_s=0.01) as (_, calls):
        await calls.call("a")
        await calls.end("a")
        assert calls.begun == ["a"]


async def test_size_and_wait_can_change() -> None:
    async with batches(size=3) as (turns, calls):
        await calls.call("a")
        await calls.call("b", "c")
        turns.size = 1
        await calls.end("a")
        assert calls.begun == ["a", "b"]
        await calls.end("b", "c")
        turns.size, turns.wait_s = 2, 60
        await calls.call("d")
        assert calls.begun == [*"abc"]
        await calls.call("e")
        assert calls.begun == [*"abcde"]


@pytest.mark.parametrize("cancelled", ["b", "c"])
async def test_a_call_that_is_cancelled_while_it_waits_holds_no_slot(cancelled: str) -> None:
    async with batches() as (_, calls):
        await calls.call("a")
        await calls.call("b", "c")
        calls.tasks[cancelled].cancel()
        await calls.end("a")
        (other,) = {"b", "c"} - {cancelled}
        assert calls.begun == ["a", other]
        await calls.end(other)
        await calls.call("d")
        assert calls.begun[-1] == "d"


async def test_a_call_that_is_cancelled_leaves_its_place_to_another() -> None:
    async with batches(size=2) as (_, calls):
        await calls.call("a")
        await calls.call("b", "c", "d")
        calls.tasks["b"].cancel()
        await calls.end("a")
        assert calls.begun == ["a", "c", "d"]


async def test_a_batch_that_runs_holds_its_slot_though_its_calls_are_cancelled() -> None:
    async with batches() as (turns, calls):
        async with turns.turn() as turn:
            batch = running([turn])
            batch.__enter__()
        await calls.call("a")
        assert calls.begun == []
        batch.__exit__(None, None, None)
        await passes()
        assert calls.begun == ["a"]


async def test_a_batch_with_calls_of_two_turns_holds_one_slot() -> None:
    async with batches(slots=2) as (turns, calls), turns.turn() as first, turns.turn() as second:
        with running([first, second, first]):
            await calls.call("a")
            await calls.call("b")
            assert calls.begun == ["a"]


async def test_a_stage_has_slots_of_its_own_beside_those_it_shares() -> None:
    shared = asyncio.Semaphore(2)
    first, second = (Batches(BatchTurns(asyncio.Semaphore(1), shared, size=1)) for _ in range(2))
    await first.call("a", "b")
    await second.call("c")
    assert (first.begun, second.begun) == (["a"], ["c"])
    await first.end("a", "b")
    await second.end("c")


async def test_if_all_that_wait_are_cancelled_the_slot_is_free() -> None:
    async with batches() as (_, calls):
        await calls.call("a")
        await calls.call("b")
        calls.tasks["b"].cancel()
        await calls.end("a")
        await calls.call("c")
        assert calls.begun == ["a", "c"]


async def test_a_call_that_is_cancelled_as_its_batch_begins_holds_no_slot() -> None:
    async with batches() as (turns, calls):
        for number in range(PASSES):
            inside = asyncio.create_task(enter(turns))
            for _ in range(number):
                await asyncio.sleep(0)
            inside.cancel()
            await asyncio.gather(inside, return_exceptions=True)
        await calls.call("a")
        assert calls.begun == ["a"]


async def test_a_call_that_fails_or_is_cancelled_inside_frees_its_slot() -> None:
    async with batches() as (turns, calls):
        with pytest.raises(ZeroDivisionError):
            async with turns.turn():
                1 / 0  # noqa: B018
        await calls.call("a")
        calls.tasks["a"].cancel()
        await passes()
        await calls.call("b")
        assert calls.begun == ["a", "b"]


async def enter(turns: BatchTurns) -> None:
    async with turns.turn():
        await asyncio.Event().wait()
