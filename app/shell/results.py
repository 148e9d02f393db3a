"""A file of results, one item a line in JSON; what is there is not asked again."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from pydantic import ValidationError

from app.answer import Status
from app.errors import ShellError
from app.outcome import Item
from app.shell.plain import as_json

_LOWEST_FAULT_OF_SERVERS = 500


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
        ShellError: it holds something else, and is left as it is.
    """
    if not file.is_file():
        return set()
    beside = file.with_name(f"{file.name}.tmp")
    kept: set[str] = set()
    try:
        with beside.open("w", encoding="utf-8") as rewritten:
            for item in _items(file):
                if final(item) and item.term not in kept:
                    kept.add(item.term)
                    rewritten.write(line(item))
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)
    return kept


@contextmanager
def writing(file: Path | None) -> Iterator[Callable[[Item], None]]:
    """Writes items at the end of `file`, or to stdout, so that each is there at once.

    Raises:
        ShellError: the file cannot be written.
    """
    try:
        with file.open("a", encoding="utf-8") if file else nullcontext(sys.stdout) as lines:

            def write(item: Item) -> None:
                lines.write(line(item))
                lines.flush()

            yield write
    except OSError as error:
        if file is None:
            raise
        raise ShellError(f"{file} cannot be written: {error.strerror}") from None


def _items(file: Path) -> Iterator[Item]:
    with file.open("rb") as lines:
        for number, text in enumerate(lines, 1):
            try:
                yield Item.model_validate_json(text)
            except ValidationError:
                if not text.endswith(b"\n"):
                    return
                why = f"{file}: line {number} is not a result of ours; give another --output"
                raise ShellError(why) from None
