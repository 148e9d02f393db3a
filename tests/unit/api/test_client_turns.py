import asyncio
import time
from itertools import pairwise

import pytest

from app.api.client_turns import ClientTurns, LongSteps, TurnsOfClient
from tests.support.fakes import with_timeout
from tests.support.passes import Passes
from tests.support.turns import begun, holding
from tests.support.work import reference_s


async def test_those_beyond_the_limit_wait_in_their_order() -> None:
    turns = TurnsOfClient(lambda: 1).of_request()
    async with holding(turns, 3) as (first, second, third):
        first.leave.set()
        await with_timeout(second.begun.wait())
        assert not third.begun.is_set()
        second.leave.set()
        await with_timeout(third.begun.wait())


async def test_more_begin_once_the_limit_has_risen() -> None:
    limit = 1
    turns = TurnsOfClient(lambda: limit).of_request()
    async with holding(turns, 4) as (first, *others):
        limit = 3
        first.leave.set()
        await with_timeout(asyncio.gather(*(one.begun.wait() for one in others)))


async def test_fewer_run_once_the_limit_has_fallen() -> None:
    limit = 2
    turns = TurnsOfClient(lambda: limit).of_request()
    async with holding(turns, 3) as (first, second, third):
        limit = 1
        first.leave.set()
        await with_timeout(first.task)
        assert not third.begun.is_set()
        second.leave.set()
        await with_timeout(third.begun.wait())


async def test_who_no_longer_waits_gets_no_turn() -> None:
    turns = TurnsOfClient(lambda: 1).of_request()
    async with holding(turns, 3) as (first, gone, third):
        gone.task.cancel()
        first.leave.set()
        await with_timeout(third.begun.wait())
    assert not gone.begun.is_set()


async def test_a_turn_that_comes_as_its_owner_gives_up_goes_to_the_next() -> None:
    turns = TurnsOfClient(lambda: 1).of_request()
    async with holding(turns, 3) as (first, second, third):
        first.leave.set()
        await with_timeout(first.task)
        second.task.cancel()
        await with_timeout(third.begun.wait())


async def test_an_error_ends_a_turn() -> None:
    turns = TurnsOfClient(lambda: 1).of_request()
    with pytest.raises(ValueError, match="no"):
        async with turns:
            raise ValueError("no")
    assert await begun(turns, 1) == 1


@pytest.mark.parametrize(("number", "alone", "beside"), [(4, 4, 2), (1, 1, 1), (5, 5, 2)])
async def test_a_client_has_half_of_its_turns_beside_others(
    number: int, alone: int, beside: int
) -> None:
    turns = ClientTurns(number, lambda client: client == "alone")
    assert await begun(turns.of_request("alone"), 20) == alone
    assert await begun(turns.of_request("beside"), 20) == beside


async def test_all_requests_of_a_client_share_its_turns() -> None:
    turns = ClientTurns(4, lambda _: True)
    async with holding(turns.of_request("a"), 3):
        assert await begun(turns.of_request("a"), 20) == 1
        assert await begun(turns.of_request("b"), 20) == 4


async def test_a_request_that_has_begun_goes_on_before_later_ones() -> None:
    """Else many POSTs of a client would all end at their deadlines, and none in time."""
    turns = TurnsOfClient(lambda: 1)
    one, later = turns.of_request(), turns.of_request()
    async with (
        holding(one, 1) as (first,),
        holding(later, 1) as (last,),
        holding(one, 1) as (second,),
    ):
        first.leave.set()
        await with_timeout(second.begun.wait())
        assert not last.begun.is_set()
        second.leave.set()
        await with_timeout(last.begun.wait())


async def begun_in(clients: str) -> list[int]:
    """The pass of the loop in which a long step of each client begins."""
    steps = LongSteps()

    async def step(client: str) -> int:
        await steps.begin(client)
        return passes.now

    async with Passes() as passes:
        return await with_timeout(asyncio.gather(*map(step, clients)))


async def test_of_a_clients_long_steps_one_begins_in_a_pass_of_the_loop() -> None:
    assert len(set(await begun_in("aaaaa"))) == 5


async def test_a_client_takes_half_of_the_loops_time_for_rested_steps() -> None:
    steps, held = LongSteps(), list[tuple[float, float]]()

    async def step(client: str) -> None:
        async with steps.rested(client):
            began = time.monotonic()
            reference_s()
            held.append((began, time.monotonic()))

    await with_timeout(asyncio.gather(*map(step, "aaa")))
    for (began, ended), (begins, _) in pairwise(held):
        assert begins - ended > 0.9 * (ended - began)


async def test_long_steps_of_others_do_not_wait() -> None:
    mine, another, next_of_mine = await begun_in("aba")
    assert mine == another < next_of_mine
