"""A few workers for many items."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


async def map_in_order(
    run: Callable[[T], Awaitable[R]], items: Collection[T], workers: int
) -> tuple[R, ...]:
    """The results of `run`, in the order of `items`, of which `workers` are under way at most.

    A task for each of 100 terms of 100 requests would hold the loop for a second.

    Raises:
        ExceptionGroup: `run` raised an exception; what else was under way is cancelled.
    """
    remaining = iter(enumerate(items))
    results: dict[int, R] = {}

    async def work() -> None:
        for at, item in remaining:
            results[at] = await run(item)

    async with asyncio.TaskGroup() as group:
        for _ in range(min(workers, len(items))):
            group.create_task(work())
    return tuple(results[at] for at in range(len(items)))
