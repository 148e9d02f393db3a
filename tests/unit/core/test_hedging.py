import asyncio

import pytest

from app.core.hedging import Hedge
from tests.support.fakes import with_timeout

SOON_S = 0.01


class Attempts:
    """Calls that are answered by hand: `pending` has a future for each, in their order."""

    def __init__(self) -> None:
        self.pending: list[asyncio.Future[str]] = []
        self._begun = asyncio.Condition()

    async def __call__(self) -> str:
        one: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        async with self._begun:
            self.pending.append(one)
            self._begun.notify_all()
        return await one

    async def begun(self, count: int) -> None:
        """Wait for so many calls."""
        async with self._begun:
            await with_timeout(self._begun.wait_for(lambda: len(self.pending) >= count))


async def test_a_fast_call_is_made_once() -> None:
    attempts = Attempts()
    asked = asyncio.create_task(Hedge(60)(attempts))
    await attempts.begun(1)
    attempts.pending[0].set_result("first")
    assert await asked == "first"
    assert len(attempts.pending) == 1


@pytest.mark.parametrize("winner", [0, 1])
async def test_of_two_attempts_the_first_result_counts_and_the_other_goes_on(winner: int) -> None:
    attempts, repeated = Attempts(), []
    asked = asyncio.create_task(Hedge(SOON_S, 1)(attempts, lambda: repeated.append(1)))
    await attempts.begun(2)
    attempts.pending[winner].set_result(str(winner))
    assert await asked == str(winner)
    assert not attempts.pending[1 - winner].done()
    assert repeated == [1]
    attempts.pending[1 - winner].set_exception(ValueError("nobody sees this"))


@pytest.mark.parametrize("failed", [0, 1])
async def test_a_failed_attempt_leaves_it_to_the_other(failed: int) -> None:
    attempts = Attempts()
    asked = asyncio.create_task(Hedge(SOON_S, 1)(attempts))
    await attempts.begun(2)
    attempts.pending[failed].set_exception(ValueError("dead"))
    await asyncio.sleep(0)
    attempts.pending[1 - failed].set_result("alive")
    assert await asked == "alive"


async def test_a_call_is_made_again_until_one_attempt_does_not_stall() -> None:
    attempts = Attempts()
    asked = asyncio.create_task(Hedge(SOON_S)(attempts))
    await attempts.begun(4)
    attempts.pending[3].set_result("fourth")
    assert await asked == "fourth"


async def test_failed_attempts_are_an_error_if_there_is_no_other() -> None:
    attempts = Attempts()
    asked = asyncio.create_task(Hedge(SOON_S, 1)(attempts))
    await attempts.begun(2)
    for one in attempts.pending:
        one.set_exception(ValueError("dead"))
    with pytest.raises(ValueError, match="dead"):
        await asked


async def test_a_call_that_fails_at_once_is_not_repeated() -> None:
    attempts = Attempts()
    asked = asyncio.create_task(Hedge(60)(attempts))
    await attempts.begun(1)
    attempts.pending[0].set_exception(ValueError("dead"))
    with pytest.raises(ValueError, match="dead"):
        await asked
    assert len(attempts.pending) == 1


async def test_cancelling_cancels_all_attempts() -> None:
    attempts = Attempts()
    asked = asyncio.create_task(Hedge(SOON_S)(attempts))
    await attempts.begun(2)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    await asyncio.sleep(0)
    assert all(one.cancelled() for one in attempts.pending)


async def test_few_of_many_slow_calls_are_repeated() -> None:
    """A server with more work than it can do is not asked twice for all of it."""
    hedge, repeated = Hedge(SOON_S, burst=4), []

    async def slow() -> str:
        await asyncio.sleep(5 * SOON_S)
        return "done"

    await asyncio.gather(*(hedge(slow, lambda: repeated.append(1)) for _ in range(100)))
    assert len(repeated) == 4


async def test_twenty_calls_earn_a_second_attempt() -> None:
    hedge = Hedge(SOON_S, burst=1)

    async def fast() -> str:
        return "done"

    assert await _is_repeated(hedge)
    assert not await _is_repeated(hedge)
    for _ in range(20):
        await hedge(fast)
    assert await _is_repeated(hedge)


async def _is_repeated(hedge: Hedge) -> bool:
    attempts = Attempts()
    asked = asyncio.create_task(hedge(attempts))
    await attempts.begun(1)
    await asyncio.sleep(5 * SOON_S)
    attempts.pending[-1].set_result("late")
    await asked
    return len(attempts.pending) == 2
