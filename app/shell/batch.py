"""`wiki-digest batch`: many terms, a bounded number at a time, with retries."""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Iterable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import typer

from app.api.schemas import Item
from app.core.errors import ServerBusy, ShellError
from app.shell import render, results, terms
from app.shell.ask_client import Ask, busy_item, escaped
from app.shell.backpressure import Backpressure
from app.shell.formats import Format

TRIES = 8
"""Tries for one term while the server is full or unreachable."""
SIGNAL_BASE = 128
"""Shells add this to a signal's number to make an exit code."""
ItemListener = Callable[[Item], object]


def batch(
    name: str,
    output: Path | None,
    form: Format,
    client: AbstractAsyncContextManager[Ask],
    concurrency: int,
) -> int:
    """Ask for the terms in a file, except those that `output` already has; the exit code.

    Raises:
        ShellError: a file cannot be read or written, or the server fails for long.
    """
    wanted = terms.read(name)
    done = results.resume(output, form) if output else set()
    left = [term for term in wanted if form.key(escaped(term)) not in done]
    if len(left) < len(wanted):
        _say(f"{len(wanted) - len(left):,} of {len(wanted):,} terms are there already")
    tally = render.Tally()
    bar = render.progress(len(left), lines_go_to_stdout=output is None)
    try:
        with results.writing(output, form) as write, bar as advance:
            signalled = _run(ask_all(left, client, concurrency, [write, tally.add, advance]))
    except ShellError:
        if tally.total:
            render.console(stderr=True).print(tally.rendered())
        raise
    render.console(stderr=True).print(tally.rendered())
    if signalled:
        resume = "; run the same command to resume" if output else ""
        _say(f"interrupted, {len(left) - tally.total:,} terms are left{resume}")
        return SIGNAL_BASE + signalled
    return int(tally.failed > 0)


def _run(work: Coroutine[object, object, None]) -> int:
    """Run `work`; the number of the signal that ended it, or 0."""
    try:
        asyncio.run(work)
    except KeyboardInterrupt:
        return signal.SIGINT
    except asyncio.CancelledError:
        return signal.SIGTERM
    return 0


def _say(message: str) -> None:
    typer.echo(f"wiki-digest: {message}", err=True)


async def ask_all(
    terms: Iterable[str],
    client: AbstractAsyncContextManager[Ask],
    concurrency: int,
    listeners: Iterable[ItemListener],
) -> None:
    """Ask for each term; call each listener with each item, as soon as it is available.

    Raises:
        ShellError: the server is not wiki-digest, cannot be reached, or fails for long.
        CancelledError: SIGTERM was received.
    """
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)

    def report(item: Item) -> None:
        for listener in listeners:
            listener(item)

    async with client as ask:
        await work_through(terms, ask, concurrency, report, Backpressure(concurrency))


async def work_through(
    terms: Iterable[str],
    ask: Ask,
    concurrency: int,
    listener: ItemListener,
    backpressure: Backpressure,
) -> None:
    """Ask for each term, `concurrency` at a time; call `listener` with each item.

    Raises:
        ShellError: the server is not wiki-digest, or fails for long.
    """
    waiting = iter(terms)

    async def work() -> None:
        while not backpressure.gave_up and (term := next(waiting, None)) is not None:
            listener(await _with_retries(ask, term, backpressure))

    try:
        async with asyncio.TaskGroup() as workers:
            for _ in range(concurrency):
                workers.create_task(work())
    except ExceptionGroup as group:
        raise group.exceptions[0] from None
    if backpressure.gave_up:
        raise ShellError("gave up: the server does not answer")


async def _with_retries(ask: Ask, term: str, backpressure: Backpressure) -> Item:
    tries = 0
    while True:
        tries += 1
        async with backpressure.slot() as slot:
            try:
                item = await ask(term)
            except ServerBusy as busy:
                if tries == TRIES or backpressure.gave_up:
                    return busy_item(term, busy)
                await backpressure.refused(slot, busy.retry_after_s)
            else:
                backpressure.answered(slot)
                return item
