"""The file of results: one item a line, as JSON; finished terms are not requested again."""

import errno
import fcntl
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from app.api.schemas import Item
from app.core.errors import ShellError
from app.shell.sanitize import as_json

_LOWEST_SERVER_ERROR = 500
_START_OF_LINE = b'{"term":'


def line(item: Item) -> str:
    """An item as a line of JSON, without its empty fields."""
    return as_json(item) + "\n"


def is_final(item: Item) -> bool:
    """Whether a retry would return the same: no stage failed, and it is no server error."""
    if item.problem is not None:
        return item.problem.status < _LOWEST_SERVER_ERROR
    return item.digest is not None and all(one.declined for one in item.digest.missing)


def resume(file: Path) -> set[str]:
    """The terms whose items in `file` are final; all other lines are removed from it.

    A truncated last line, of a process that was killed, is removed too.

    Raises:
        ShellError: the file holds other data (it is not changed), or cannot be read or written.
    """
    if not file.is_file():
        return set()
    try:
        with file.open("rb") as opened:
            _lock(opened, file)
            done, has_others = _final_terms(file)
            if has_others:
                _rewrite(file.resolve(), done)
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


def _final_terms(file: Path) -> tuple[set[str], bool]:
    """The terms with a final item, and whether there are lines to remove."""
    done: set[str] = set()
    has_others = False
    for item, _ in _items(file):
        if item is None or not is_final(item) or item.term in done:
            has_others = True
        else:
            done.add(item.term)
    return done, has_others


def _rewrite(file: Path, done: set[str]) -> None:
    """Replace the file, atomically, by one with the first final line of each term."""
    temporary = file.with_name(f"{file.name}.tmp")
    remaining = set(done)
    try:
        with temporary.open("wb") as rewritten:
            for item, text in _items(file):
                if item is not None and is_final(item) and item.term in remaining:
                    remaining.remove(item.term)
                    rewritten.write(text)
            rewritten.flush()
            os.fsync(rewritten.fileno())
        shutil.copymode(file, temporary)
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def writing(file: Path | None) -> Iterator[Callable[[Item], None]]:
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

            def write(item: Item) -> None:
                lines.write(line(item).encode())
                lines.flush()

            yield write
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise
        raise ShellError(f"{file or 'stdout'} cannot be written: {error.strerror}") from None


def _items(file: Path) -> Iterator[tuple[Item | None, bytes]]:
    """Each item with its line; None for a truncated last line."""
    with file.open("rb") as lines:
        for number, text in enumerate(lines, 1):
            try:
                item = Item.model_validate_json(text)
            except ValidationError:
                if not _is_truncated(text):
                    why = f"{file}: line {number} is not a result of wiki-digest; "
                    raise ShellError(why + "choose another --output") from None
                item = None
            yield (item, text) if text.endswith(b"\n") else (None, text)


def _is_truncated(text: bytes) -> bool:
    is_result = text.startswith(_START_OF_LINE) or _START_OF_LINE.startswith(text)
    return is_result and not text.endswith(b"\n")
