import asyncio
import time
from collections.abc import Awaitable
from contextvars import ContextVar
from typing import Self

import pytest

from app.core.single_flight import SingleFlightCache
from tests.support.fakes import soon

CALLER: ContextVar[str] = ContextVar("CALLER")
HOUR = 3600


class Making:
    """Work that waits until `gate` is open, and then answers with the number of its call."""

    def __init__(self) -> None:
        self.calls = 0
        self.started = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.gate = asyncio.Event()

    async def __call__(self) -> int:
        self.calls += 1
        call = self.calls
        self.started.set()
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return call


class Late(str):
    """A key whose second look-up comes when the first has gone out of date."""

    __slots__ = ("looked_up", "until")
    looked_up: int
    until: float

    def __new__(cls, key: str, until: float) -> Self:
        self = super().__new__(cls, key)
        self.until, self.looked_up = until, 0
        return self

    def __hash__(self) -> int:
        self.looked_up += 1
        while self.looked_up > 1 and time.monotonic() < self.until:
            pass
        return super().__hash__()


def opened() -> Making:
    """Work that does not wait."""
    making = Making()
    making.gate.set()
    return making


def asking(
    sharing: SingleFlightCache[str, int], making: Making, count: int
) -> list[asyncio.Task[int]]:
    """So many callers who want the same thing; once the work has started, all of them wait."""
    return [asyncio.create_task(sharing.get("a", making)) for _ in range(count)]


async def ended(*tasks: Awaitable[int]) -> list[int | BaseException]:
    """What became of these."""
    return await soon(asyncio.gather(*tasks, return_exceptions=True))


async def leave(*tasks: asyncio.Task[int]) -> None:
    """Cancel these, and see them end."""
    for task in tasks:
        task.cancel()
    results = await ended(*tasks)
    assert [type(result) for result in results] == [asyncio.CancelledError] * len(tasks)


async def test_those_who_ask_at_the_same_time_share_one_computation() -> None:
    """It is made once, and all get what it made."""
    sharing, making = SingleFlightCache[str, int](8, HOUR), Making()
    callers = asking(sharing, making, 3)
    await soon(making.started.wait())
    making.gate.set()
    assert await ended(*callers) == [1, 1, 1]
    assert making.calls == 1


async def test_keys_do_not_share() -> None:
    """Each key has its own computation, at the same time as the others."""
    sharing, a, b = SingleFlightCache[str, int](8, HOUR), Making(), Making()
    callers = [asyncio.create_task(sharing.get(key, make)) for key, make in (("a", a), ("b", b))]
    await soon(a.started.wait())
    await soon(b.started.wait())
    a.gate.set()
    b.gate.set()
    assert await ended(*callers) == [1, 1]


async def test_a_result_is_remembered() -> None:
    """Who asks later gets it without any work."""
    sharing, making = SingleFlightCache[str, int](8, HOUR), opened()
    assert "a" not in sharing
    assert await sharing.get("a", making) == 1
    assert "a" in sharing
    assert await sharing.get("a", making) == 1


async def test_a_result_that_is_false_is_remembered() -> None:
    """Nothing is mistaken for not knowing."""
    sharing = SingleFlightCache[str, int | None](8, HOUR)
    making = opened()

    async def nothing() -> None:
        await making()

    assert await sharing.get("a", nothing) is None
    assert await sharing.get("a", nothing) is None
    assert making.calls == 1


async def test_a_result_is_forgotten_when_its_time_is_up() -> None:
    """It is made again then."""
    sharing, making = SingleFlightCache[str, int](8, 1e-9), opened()
    assert await sharing.get("a", making) == 1
    assert await sharing.get("a", making) == 2


async def test_a_result_may_go_out_of_date_while_it_is_looked_up() -> None:
    """It is made again then, and is not missed between two lines of code."""
    sharing, making = SingleFlightCache[str, int](8, 0.05), opened()
    assert await sharing.get("a", making) == 1
    assert await sharing.get(Late("a", until=time.monotonic() + 0.05), making) in {1, 2}


async def test_no_more_is_remembered_than_there_is_room_for() -> None:
    """The oldest goes first."""
    sharing, making = SingleFlightCache[str, int](2, HOUR), opened()
    for key in "abc":
        await sharing.get(key, making)
    assert len(sharing) == 2
    assert [key in sharing for key in "abc"] == [False, True, True]


async def test_without_room_nothing_is_remembered() -> None:
    """Each asks anew, and those at the same time still share."""
    sharing, making = SingleFlightCache[str, int](0, HOUR), opened()
    assert await ended(*asking(sharing, making, 2)) == [1, 1]
    assert len(sharing) == 0
    assert await sharing.get("a", making) == 2


async def test_a_failure_reaches_all_who_wait_and_is_not_remembered() -> None:
    """The next one who asks may have more luck."""
    sharing, making = SingleFlightCache[str, int](8, HOUR), Making()

    async def fail() -> int:
        await making()
        raise ValueError("no luck")

    callers = [asyncio.create_task(sharing.get("a", fail)) for _ in range(3)]
    await soon(making.started.wait())
    making.gate.set()
    assert [repr(error) for error in await ended(*callers)] == ["ValueError('no luck')"] * 3
    assert making.calls == 1
    assert "a" not in sharing
    assert await sharing.get("a", making) == 2


async def test_work_that_cannot_be_begun_leaves_nothing_behind() -> None:
    """The next one who asks begins it."""
    sharing = SingleFlightCache[str, int](8, HOUR)

    def refuse() -> Awaitable[int]:
        raise ValueError("not today")

    with pytest.raises(ValueError, match="not today"):
        await sharing.get("a", refuse)
    assert await sharing.get("a", opened()) == 1


async def test_one_who_leaves_does_not_cancel_what_others_wait_for() -> None:
    """Not even the one who came first."""
    sharing, making = SingleFlightCache[str, int](8, HOUR), Making()
    first, second, third = asking(sharing, making, 3)
    await soon(making.started.wait())
    await leave(first, third)
    assert not making.cancelled.is_set()
    making.gate.set()
    assert await soon(second) == 1


async def test_the_last_one_who_leaves_cancels_the_work() -> None:
    """Nobody would hear of it, and it is not remembered."""
    sharing, making = SingleFlightCache[str, int](8, HOUR), Making()
    callers = asking(sharing, making, 2)
    await soon(making.started.wait())
    await leave(*callers)
    await soon(making.cancelled.wait())
    assert "a" not in sharing


async def test_after_cancelled_work_all_is_made_afresh() -> None:
    """Cancellation is no result."""
    sharing, making = SingleFlightCache[str, int](8, HOUR), Making()
    callers = asking(sharing, making, 1)
    await soon(making.started.wait())
    await leave(*callers)
    making.gate.set()
    assert await soon(sharing.get("a", making)) == 2


async def test_who_comes_while_cancelled_work_is_ending_gets_new_work() -> None:
    """It is not drawn into the end of the old, and the old does not end the new."""
    sharing, old, new = SingleFlightCache[str, int](8, HOUR), Making(), Making()
    tidied = asyncio.Event()

    async def linger() -> int:
        try:
            return await old()
        finally:
            await tidied.wait()

    first = asyncio.create_task(sharing.get("a", linger))
    await soon(old.started.wait())
    await leave(first)
    (second,) = asking(sharing, new, 1)
    await soon(new.started.wait())
    await soon(old.cancelled.wait())
    tidied.set()
    (third,) = asking(sharing, new, 1)
    new.gate.set()
    assert await ended(second, third) == [1, 1]
    assert new.calls == 1


async def test_work_runs_in_an_empty_context() -> None:
    """What is known of the first caller is not known to work that others wait for, too."""
    sharing = SingleFlightCache[str, str](8, HOUR)

    async def whose() -> str:
        return CALLER.get("nobody's")

    CALLER.set("mine")
    assert await sharing.get("a", whose) == "nobody's"
