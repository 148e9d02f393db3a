import asyncio

import pytest

from app.shell.backpressure import MAX_PAUSES, Backpressure
from tests.support.fakes import with_timeout

NO_RETRY_AFTER = 0.0


class FakeSleep:
    """Returns at once, and notes the seconds."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


class EndlessSleep:
    """Sets `begun`, and does not return."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()

    async def __call__(self, _: float) -> None:
        self.begun.set()
        await asyncio.Event().wait()


async def refused(backpressure: Backpressure, times: int = 1) -> None:
    """Refuse bursts of three requests, one burst after the other."""
    for _ in range(times):
        async with backpressure.slot() as slot, asyncio.TaskGroup() as burst:
            for _ in range(3):
                burst.create_task(backpressure.refused(slot, NO_RETRY_AFTER))


async def answered(backpressure: Backpressure, times: int = 1) -> None:
    for _ in range(times):
        async with backpressure.slot() as slot:
            backpressure.answered(slot)


async def test_a_burst_of_refusals_is_one_pause_and_halves_the_limit() -> None:
    sleep = FakeSleep()
    backpressure = Backpressure(32, sleep=sleep)
    await with_timeout(refused(backpressure))
    assert backpressure.limit == 16
    assert len(sleep.seconds) == 1


async def test_the_limit_stays_at_least_one() -> None:
    backpressure = Backpressure(4, sleep=FakeSleep())
    await with_timeout(refused(backpressure, MAX_PAUSES - 1))
    assert backpressure.limit == 1
    await with_timeout(answered(backpressure))


async def test_answers_raise_the_limit_up_to_the_concurrency() -> None:
    backpressure = Backpressure(8, sleep=FakeSleep())
    await with_timeout(refused(backpressure, 3))
    assert backpressure.limit == 1
    await with_timeout(answered(backpressure, 3))
    assert 2 <= backpressure.limit < 4
    await with_timeout(answered(backpressure, 100))
    assert backpressure.limit == 8


async def test_a_pause_stops_all_requests() -> None:
    sleep = EndlessSleep()
    backpressure = Backpressure(4, sleep=sleep)
    async with backpressure.slot() as slot:
        pausing = asyncio.create_task(backpressure.refused(slot, NO_RETRY_AFTER))
        await with_timeout(sleep.begun.wait())
        waiting = asyncio.create_task(answered(backpressure))
        for _ in range(10):
            await asyncio.sleep(0)  # let the other tasks run
        assert not waiting.done()
        pausing.cancel()
        await asyncio.wait([pausing])
    await with_timeout(waiting)


@pytest.mark.parametrize("retry_after_s", [0, 0.2, 60])
async def test_a_pause_lasts_as_long_as_the_server_says(retry_after_s: float) -> None:
    sleep = FakeSleep()
    backpressure = Backpressure(4, first_pause_s=0, sleep=sleep)
    async with backpressure.slot() as slot:
        await with_timeout(backpressure.refused(slot, retry_after_s))
    assert sleep.seconds == [retry_after_s]


async def test_many_pauses_without_an_answer_give_up_until_there_is_one() -> None:
    backpressure = Backpressure(4, sleep=FakeSleep())
    await with_timeout(refused(backpressure, MAX_PAUSES - 1))
    assert not backpressure.gave_up
    await with_timeout(refused(backpressure))
    assert backpressure.gave_up
    await with_timeout(answered(backpressure))
    assert not backpressure.gave_up


async def test_answers_between_pauses_prevent_giving_up() -> None:
    backpressure = Backpressure(4, sleep=FakeSleep())
    for _ in range(MAX_PAUSES):
        await with_timeout(refused(backpressure, MAX_PAUSES - 1))
        await with_timeout(answered(backpressure))
    assert not backpressure.gave_up
