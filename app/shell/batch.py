"""Many terms: a bounded number at a time, with further tries, each answer as it comes."""

import asyncio
import signal
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager

from app.errors import ShellError
from app.outcome import Item
from app.shell.asking import Ask, Busy
from app.shell.pace import Pace

TRIES = 8
"""Of one term, where the server is full or gone."""
Hear = Callable[[Item], object]


async def ask_all(
    terms: Iterable[str], who: AbstractAsyncContextManager[Ask], at_once: int, hear: Iterable[Hear]
) -> None:
    """Tell each of `hear` what became of each term, as soon as it is known.

    Raises:
        ShellError: whoever was asked is no wiki-digest, cannot be reached, or is gone for long.
        CancelledError: SIGTERM has come.
    """
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)

    def tell(item: Item) -> None:
        for one in hear:
            one(item)

    async with who as ask:
        await work_through(terms, ask, at_once, tell, Pace(at_once))


async def work_through(
    terms: Iterable[str], ask: Ask, at_once: int, tell: Hear, pace: Pace
) -> None:
    """Tell what became of each term, as soon as it is known, with `at_once` of them under way.

    Raises:
        ShellError: whoever was asked is no wiki-digest, or is gone for long.
    """
    waiting = iter(terms)

    async def work() -> None:
        while not pace.hopeless and (term := next(waiting, None)) is not None:
            tell(await _persistently(ask, term, pace))

    try:
        async with asyncio.TaskGroup() as workers:
            for _ in range(at_once):
                workers.create_task(work())
    except ExceptionGroup as group:
        raise group.exceptions[0] from None
    if pace.hopeless:
        raise ShellError("gave up: there is no answer any more")


async def _persistently(ask: Ask, term: str, pace: Pace) -> Item:
    tries = 0
    while True:
        tries += 1
        async with pace.turn() as turn:
            try:
                item = await ask(term)
            except Busy as busy:
                if tries == TRIES or pace.hopeless:
                    return busy.item
                await pace.refused(turn, busy)
            else:
                pace.answered(turn)
                return item
