import asyncio

import pytest

from app.core.turns import Turns, share
from tests.support.fakes import with_timeout


async def take_all(turns: Turns, client: str) -> tuple[int, asyncio.Task[None]]:
    """Take turns until none is free; their number, and the task that waits for the next."""
    for taken in range(100):
        waiting = asyncio.create_task(turns.take(client))
        await asyncio.sleep(0)
        if not waiting.done():
            return taken, waiting
    raise AssertionError("turns have no end")


async def test_a_client_that_is_alone_leaves_a_turn_to_the_next() -> None:
    turns = Turns(8)
    assert (await take_all(turns, "a"))[0] == 7
    assert (await take_all(turns, "b"))[0] == 1


async def test_a_client_with_others_has_half_of_the_turns_at_most() -> None:
    turns = Turns(8)
    await turns.take("b")
    assert (await take_all(turns, "a"))[0] == 4


async def test_a_turn_that_ends_goes_to_a_client_under_its_share() -> None:
    turns = Turns(8)
    _, of_a = await take_all(turns, "a")
    _, of_b = await take_all(turns, "b")
    turns.give_back("a")
    await with_timeout(of_b)
    assert not of_a.done()


async def test_turns_come_in_the_order_of_waiting() -> None:
    turns = Turns(1)
    await turns.take("a")
    first, second = (asyncio.create_task(turns.take(client)) for client in "bc")
    await asyncio.sleep(0)
    turns.give_back("a")
    await with_timeout(first)
    assert not second.done()
    turns.give_back("b")
    await with_timeout(second)


async def test_who_has_stopped_waiting_gets_no_turn() -> None:
    turns = Turns(1)
    await turns.take("a")
    gone, waiting = (asyncio.create_task(turns.take(client)) for client in "bc")
    await asyncio.sleep(0)
    gone.cancel()
    turns.give_back("a")
    await with_timeout(waiting)


async def test_a_turn_that_comes_too_late_goes_to_the_next() -> None:
    turns = Turns(1)
    await turns.take("a")
    late, waiting = (asyncio.create_task(turns.take(client)) for client in "bc")
    await asyncio.sleep(0)
    turns.give_back("a")
    late.cancel()
    await with_timeout(waiting)


@pytest.mark.parametrize(("number", "alone", "beside"), [(1, 1, 1), (2, 1, 1), (8, 7, 4)])
def test_the_share_of_a_client(number: int, alone: int, beside: int) -> None:
    assert (share(number, is_alone=True), share(number, is_alone=False)) == (alone, beside)
