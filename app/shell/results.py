"""The file of results: one item a line; finished terms are not requested again."""

import errno
import fcntl
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from app.api.schemas import Item
from app.core.errors import ShellError
from app.shell.formats import Done, Format


def resume(file: Path, form: Format) -> set[str]:
    """The terms whose items in `file` are final, as it holds them; other lines are removed from it.

    A truncated last line, of a process that was killed, is removed too.

    Raises:
        ShellError: the file holds other data (it is not changed), or cannot be read or written.
    """
    if not file.is_file():
        return set()
    try:
        with file.open("rb") as opened:
            _lock(opened, file)
            done, has_others = _final_terms(file, form)
            if has_others:
                _rewrite(file.resolve(), form, done)
    except OSError as error:
        raise ShellError(f"{file} cannot be resumed: {error.strerror}") from None
    return done


def _lock(opened: IO[bytes], file: Path) -> None:
    """Lock the file until it is closed, if the file system supports it."""
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ShellError(f"{file} is being written by another batch") from None
    except OSError:
        return


def _final_terms(file: Path, form: Format) -> tuple[set[str], bool]:
    """The terms with a final item, and whether there are lines to remove."""
    done: set[str] = set()
    has_others = False
    for one, _ in _lines(file, form):
        if one is None or not one.is_final or one.term in done:
            has_others = True
        else:
            done.add(one.term)
    return done, has_others


def _rewrite(file: Path, form: Format, done: set[str]) -> None:
    """Replace the file, atomically, by one with the first final line of each term."""
    temporary = file.with_name(f"{file.name}.tmp")
    remaining = set(done)
    try:
        with temporary.open("wb") as rewritten:
            rewritten.write(form.head)
            for one, text in _lines(file, form):
                if one is not None and one.is_final and one.term in remaining:
                    remaining.remove(one.term)
                    rewritten.write(text)
            rewritten.flush()
            os.fsync(rewritten.fileno())
        shutil.copymode(file, temporary)
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def writing(file: Path | None, form: Format) -> Iterator[Callable[[Item], None]]:
    """Append items to `file`, or to stdout, and flush each.

    Raises:
        ShellError: it cannot be written.
        BrokenPipeError: the reader of stdout has closed it.
    """
    try:
        # At exit, Python would write the unwritten rest of `sys.stdout` again, and fail again.
        with file.open("ab") if file else open(sys.stdout.fileno(), "wb", closefd=False) as lines:
            if file and file.is_file():
                _lock(lines, file)
            is_new = not (file and file.is_file() and file.stat().st_size)
            lines.write(form.head if is_new else b"")

            def write(item: Item) -> None:
                lines.write(form.line(item).encode())
                lines.flush()

            yield write
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise
        raise ShellError(f"{file or 'stdout'} cannot be written: {error.strerror}") from None


def _lines(file: Path, form: Format) -> Iterator[tuple[Done | None, bytes]]:
    """What each line after the head says, and the line; None for a truncated last line."""
    with file.open("rb") as lines:
        head = lines.readline() if form.head else b""
        if not form.head.startswith(head):
            raise _other_data(file, 1)
        if head != form.head:
            yield None, head
        for number, text in enumerate(lines, 2 if form.head else 1):
            try:
                done = form.read(text)
            except ValueError:
                if not form.is_truncated(text):
                    raise _other_data(file, number) from None
                done = None
            yield (done, text) if text.endswith(b"\n") else (None, text)


def _other_data(file: Path, number: int) -> ShellError:
    return ShellError(
        f"{file}: line {number} is not a result of wiki-digest in this format; "
        "choose another --output"
    )
