"""The terms of a batch, one a line, read as they are asked for."""

import asyncio
import stat
import sys
import threading
from collections.abc import AsyncGenerator, Container, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple

from app.errors import ShellError
from app.shell.asking import shown

STDIN = "-"
LONGEST_LINE = 4_096
"""Bytes of a line that are read: enough for any term, and to say that it is too long."""


class Size(NamedTuple):
    """How many different terms there are, and how many of them are still to be asked for."""

    all: int
    left: int


def terms_in(lines: IO[bytes]) -> Iterator[str]:
    """The different terms, a line each; what is not UTF-8 becomes what `checked` refuses."""
    seen: set[str] = set()
    for line in _cut(lines):
        term = line.decode("utf-8", "surrogateescape").removeprefix("\ufeff").strip()
        if term and term not in seen:
            seen.add(term)
            yield term


def _cut(lines: IO[bytes]) -> Iterator[bytes]:
    """Each line, of one that is too long its beginning."""
    while line := lines.readline(LONGEST_LINE):
        yield line
        while line and not line.endswith(b"\n"):
            line = lines.readline(LONGEST_LINE)


def read(name: str) -> Iterator[str]:
    """The terms in a file, or from stdin.

    Raises:
        ShellError: it cannot be read.
    """
    try:
        # A reader of our own for stdin: Python's would be locked by who waits for it, to the end.
        file = sys.stdin.fileno() if name == STDIN else name
        with open(file, "rb", closefd=name != STDIN) as lines:
            yield from terms_in(lines)
    except OSError as error:
        raise ShellError(f"{name}: {error.strerror}") from None


def size(name: str, there: Container[str]) -> Size | None:
    """What is in a file; None where it can be read only once."""
    if name == STDIN or not stat.S_ISREG(_mode(name)):
        return None
    terms = left = 0
    for term in read(name):
        terms += 1
        left += shown(term) not in there
    return Size(terms, left)


def _mode(name: str) -> int:
    try:
        return Path(name).stat().st_mode
    except OSError as error:
        raise ShellError(f"{name}: {error.strerror}") from None


async def fed(terms: Iterable[str], ahead: int = 1) -> AsyncGenerator[str]:
    """The same terms, `ahead` of them read before they are needed.

    In a thread, since stdin may make one wait; one that nobody need wait for in the end.
    """
    loop = asyncio.get_running_loop()
    told: asyncio.Queue[str | Exception | None] = asyncio.Queue()
    room = threading.Semaphore(ahead)
    gone = threading.Event()

    def tell(what: str | Exception | None) -> None:
        with suppress(RuntimeError):  # the loop is closed, and nobody listens any more
            loop.call_soon_threadsafe(told.put_nowait, what)

    def read_on() -> None:
        try:
            for term in terms:
                room.acquire()
                if gone.is_set():
                    return
                tell(term)
        except Exception as error:  # noqa: BLE001 - it is raised where the terms are awaited
            tell(error)
        tell(None)

    threading.Thread(target=read_on, name="terms", daemon=True).start()
    try:
        while (term := await told.get()) is not None:
            if isinstance(term, Exception):
                raise term
            room.release()
            yield term
    finally:
        gone.set()
        room.release()
