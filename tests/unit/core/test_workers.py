import asyncio

import pytest

from app.core.workers import map_in_order


class Doubler:
    """Doubles numbers, and counts those under way."""

    def __init__(self) -> None:
        self.under_way = self.most = self.begun = 0

    async def __call__(self, number: int) -> int:
        self.begun += 1
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            for _ in range(number):  # a later one may end earlier
                await asyncio.sleep(0)
        finally:
            self.under_way -= 1
        return 2 * number


async def test_results_have_the_order_of_the_items() -> None:
    assert await map_in_order(Doubler(), [3, 1, 0, 2], workers=3) == (6, 2, 0, 4)


@pytest.mark.parametrize("workers", [1, 3, 100])
async def test_no_more_are_under_way_than_there_are_workers(workers: int) -> None:
    double = Doubler()
    await map_in_order(double, [5] * 20, workers)
    assert double.most == min(workers, 20)


async def test_nothing_is_done_for_no_items() -> None:
    assert await map_in_order(Doubler(), [], workers=2) == ()


async def test_an_exception_cancels_the_others() -> None:
    double = Doubler()

    async def fail(number: int) -> int:
        return await double(number) if number else 1 // 0

    with pytest.RaisesGroup(ZeroDivisionError):
        await map_in_order(fail, [1000, 0, 1, 1], workers=2)
    assert (double.begun, double.under_way) == (1, 0)
