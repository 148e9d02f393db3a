"""A file of results, one item a line in JSON; what is there is not asked again."""

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
from app.core.values import Status
from app.shell.sanitize import as_json

_LOWEST_FAULT_OF_SERVERS = 500
_BEGINNING = b'{"term":'


def line(item: Item) -> str:
    """An item as a line, without what is empty."""
    return as_json(item) + "\n"


def final(item: Item) -> bool:
    """Whether another try would give nothing better."""
    if item.problem is not None:
        return item.problem.status < _LOWEST_FAULT_OF_SERVERS
    return item.digest is not None and item.digest.status is not Status.DEGRADED


def resume(file: Path) -> set[str]:
    """The terms whose items in `file` are final; all other lines are taken out of it.

    A last line that breaks off, where somebody was interrupted, is one of those.

    Raises:
        ShellError: it holds something else, and is left as it is; or it cannot be read or written.
    """
    if not file.is_file():
        return set()
    try:
        with file.open("rb") as held:
            _lock(held, file)
            kept, worn = _kept(file)
            if worn:
                _rewrite(file.resolve(), kept)
    except OSError as error:
        raise ShellError(f"{file} cannot be taken up: {error.strerror}") from None
    return kept


def _lock(lines: IO[bytes], file: Path) -> None:
    """Keep others out while it is open, where the file system can."""
    try:
        fcntl.flock(lines, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ShellError(f"{file} is being written by another batch") from None
    except OSError:
        return


def _kept(file: Path) -> tuple[set[str], bool]:
    """The terms that need no further try, and whether there are other lines."""
    kept: set[str] = set()
    worn = False
    for item, _ in _items(file):
        if item is None or not final(item) or item.term in kept:
            worn = True
        else:
            kept.add(item.term)
    return kept, worn


def _rewrite(file: Path, kept: set[str]) -> None:
    """Put a file in place of this one, at once, that has the first final line of each term."""
    beside = file.with_name(f"{file.name}.tmp")
    left = set(kept)
    try:
        with beside.open("wb") as rewritten:
            for item, text in _items(file):
                if item is not None and final(item) and item.term in left:
                    left.remove(item.term)
                    rewritten.write(text)
            rewritten.flush()
            os.fsync(rewritten.fileno())
        shutil.copymode(file, beside)
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def writing(file: Path | None) -> Iterator[Callable[[Item], None]]:
    """Writes items at the end of `file`, or to stdout, so that each is there at once.

    Raises:
        ShellError: it cannot be written.
        BrokenPipeError: nobody reads any more.
    """
    try:
        # `sys.stdout` would try once more, when Python ends, to write what there is no room for.
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
    """Each item with its line; a last line that breaks off is none."""
    with file.open("rb") as lines:
        for number, text in enumerate(lines, 1):
            try:
                item = Item.model_validate_json(text)
            except ValidationError:
                if not _breaks_off(text):
                    why = f"{file}: line {number} is not a result of ours; give another --output"
                    raise ShellError(why) from None
                item = None
            yield (item, text) if text.endswith(b"\n") else (None, text)


def _breaks_off(text: bytes) -> bool:
    begun = text.startswith(_BEGINNING) or _BEGINNING.startswith(text)
    return begun and not text.endswith(b"\n")
