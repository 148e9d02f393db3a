"""Calls that a request begins before it knows that it needs them, if it is alone."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

from app.core.single_flight import as_coroutine

A = TypeVar("A")
R = TypeVar("R")
Calls = Mapping[str, Callable[[A], Awaitable[R]]]
"""Functions of one argument, by name."""


class Ahead(Generic[A, R]):
    """Begins calls ahead for one request at a time, if that is `wanted`."""

    def __init__(self, *, wanted: bool) -> None:
        self._wanted = wanted
        self._requests = 0

    @asynccontextmanager
    async def begin(self, calls: Calls[A, R], argument: A) -> AsyncIterator[Calls[A, R]]:
        """The same calls, for this argument; they run already if there is no other request.

        At the end of the block those that still run are cancelled.
        """
        begun: dict[str, asyncio.Task[R]] = {}
        if self._wanted and not self._requests:
            begun = {
                name: asyncio.create_task(as_coroutine(call(argument)))
                for name, call in calls.items()
            }
        self._requests += 1
        try:
            yield {**calls, **{name: _result_of(task) for name, task in begun.items()}}
        finally:
            self._requests -= 1
            for task in begun.values():
                task.cancel()
            await asyncio.gather(*begun.values(), return_exceptions=True)


def _result_of(task: asyncio.Task[R]) -> Callable[[object], Awaitable[R]]:
    return lambda _: task
