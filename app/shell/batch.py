"""Many terms: a bounded number at a time, with further tries, each answer as it comes."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, aclosing
from itertools import islice

from app.backoff import wait_s
from app.outcome import Item
from app.shell.asking import Ask, Busy

TRIES = 8
"""Of one term, where the server is full or gone: about a minute, in which it can start again."""
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0


def terms_in(lines: Iterable[bytes]) -> list[str]:
    """The different terms, a line each; what is not UTF-8 in them becomes a sign for that."""
    texts = (line.decode("utf-8-sig", "replace").strip() for line in lines)
    return list(dict.fromkeys(filter(None, texts)))


async def ask_all(
    terms: Iterable[str],
    who: AbstractAsyncContextManager[Ask],
    at_once: int,
    hear: Iterable[Callable[[Item], object]],
) -> None:
    """Tell each of `hear` what became of each term, as soon as it is known.

    Raises:
        ShellError: whoever was asked is no wiki-digest, or cannot be reached.
    """
    async with who as ask, aclosing(results(terms, ask, at_once)) as items:
        async for item in items:
            for tell in hear:
                tell(item)


async def results(
    terms: Iterable[str], ask: Ask, at_once: int, first_wait_s: float = FIRST_WAIT_S
) -> AsyncGenerator[Item]:
    """What became of each term, as soon as it is known, with `at_once` of them under way.

    Raises:
        ShellError: whoever was asked is no wiki-digest.
    """
    waiting = iter(terms)
    under_way: set[asyncio.Task[Item]] = set()
    try:
        while True:
            for term in islice(waiting, at_once - len(under_way)):
                under_way.add(asyncio.create_task(_persistently(ask, term, first_wait_s)))
            if not under_way:
                return
            done, under_way = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                yield task.result()
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


async def _persistently(ask: Ask, term: str, first_wait_s: float) -> Item:
    for tries in range(TRIES - 1):
        try:
            return await ask(term)
        except Busy as busy:
            wait = wait_s(tries, busy.retry_after_s, first_wait_s, LONGEST_WAIT_S)
        await asyncio.sleep(wait)
    try:
        return await ask(term)
    except Busy as busy:
        return busy.item
