import asyncio

import pytest

from app.shell.backpressure import PAUSES, Backpressure
from tests.support.fakes import with_timeout

BUSY = 0.0


async def refused(pace: Backpressure, times: int = 1) -> None:
    """So many bursts of three are refused, one after the other."""
    for _ in range(times):
        async with pace.turn() as first, asyncio.TaskGroup() as burst:
            for _ in range(3):
                burst.create_task(pace.refused(first, BUSY))


async def answered(pace: Backpressure, times: int = 1) -> None:
    """So many answers come."""
    for _ in range(times):
        async with pace.turn() as turn:
            pace.answered(turn)


async def test_a_burst_of_refusals_is_one_pause_and_halves_what_is_asked() -> None:
    """All of it hit the same full server."""
    pace = Backpressure(32, first_pause_s=0)
    await with_timeout(refused(pace))
    assert pace.room == 16


async def test_at_least_one_may_ask() -> None:
    """Or nobody would hear that there is room again."""
    pace = Backpressure(4, first_pause_s=0)
    await with_timeout(refused(pace, PAUSES - 1))
    assert pace.room == 1
    await with_timeout(answered(pace))


async def test_with_the_answers_more_may_ask_again() -> None:
    """As many as ever, and no more."""
    pace = Backpressure(8, first_pause_s=0)
    await with_timeout(refused(pace, 3))
    assert pace.room == 1
    await with_timeout(answered(pace, 3))
    assert 2 <= pace.room < 4
    await with_timeout(answered(pace, 100))
    assert pace.room == 8


async def test_nobody_asks_while_one_pauses() -> None:
    """Whoever was refused pauses for all."""
    pace = Backpressure(4, first_pause_s=60)
    async with pace.turn() as turn:
        pausing = asyncio.create_task(pace.refused(turn, BUSY))
        waiting = asyncio.create_task(answered(pace))
        await asyncio.wait([waiting], timeout=0.05)
        assert not waiting.done()
        pausing.cancel()
        await asyncio.wait([pausing])
    await with_timeout(waiting)


@pytest.mark.parametrize("told", [0, 0.2])
async def test_a_pause_is_at_least_as_long_as_the_server_says(told: float) -> None:
    """It knows best."""
    pace = Backpressure(4, first_pause_s=0)
    started = asyncio.get_running_loop().time()
    async with pace.turn() as turn:
        await with_timeout(pace.refused(turn, told))
    assert asyncio.get_running_loop().time() - started >= told


async def test_many_pauses_without_an_answer_are_hopeless() -> None:
    """Until there is one."""
    pace = Backpressure(4, first_pause_s=0)
    await with_timeout(refused(pace, PAUSES - 1))
    assert not pace.gave_up
    await with_timeout(refused(pace))
    assert pace.gave_up
    await with_timeout(answered(pace))
    assert not pace.gave_up


async def test_answers_in_between_are_hope() -> None:
    """A full server is not a dead one."""
    pace = Backpressure(4, first_pause_s=0)
    for _ in range(PAUSES):
        await with_timeout(refused(pace, PAUSES - 1))
        await with_timeout(answered(pace))
    assert not pace.gave_up
