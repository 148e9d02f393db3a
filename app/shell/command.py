"""What `wiki-digest batch` does, from its terms to its exit code."""

import asyncio
import signal
from collections.abc import Coroutine
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import typer

from app.errors import ShellError
from app.shell import results, show, terms
from app.shell.asking import Ask, shown
from app.shell.batch import ask_all

BY_A_SIGNAL = 128
"""What shells add to a signal's number."""


def batch(
    name: str, output: Path | None, who: AbstractAsyncContextManager[Ask], at_once: int
) -> int:
    """Ask for the terms in a file, but for those that `output` has; the exit code.

    Raises:
        ShellError: it cannot go on.
    """
    wanted = terms.read(name)
    there = results.resume(output) if output else set()
    left = [term for term in wanted if shown(term) not in there]
    if len(left) < len(wanted):
        _say(f"{len(wanted) - len(left):,} of {len(wanted):,} terms are there already")
    tally = show.Tally()
    bar = show.progress(len(left), lines_go_to_stdout=output is None)
    try:
        with results.writing(output) as write, bar as advance:
            ended = _ended_by(ask_all(left, who, at_once, [write, tally.add, advance]))
    except ShellError:
        if tally.total:
            show.console(stderr=True).print(tally.shown())
        raise
    show.console(stderr=True).print(tally.shown())
    if ended:
        on = "; the same command goes on from here" if output else ""
        _say(f"interrupted, {len(left) - tally.total:,} terms are left{on}")
        return BY_A_SIGNAL + ended
    return int(tally.failed > 0)


def _ended_by(work: Coroutine[Any, Any, None]) -> int:
    """Do it; the number of the signal that ended it, 0 for none."""
    try:
        asyncio.run(work)
    except KeyboardInterrupt:
        return signal.SIGINT
    except asyncio.CancelledError:
        return signal.SIGTERM
    return 0


def _say(message: str) -> None:
    typer.echo(f"wiki-digest: {message}", err=True)
