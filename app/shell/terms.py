"""The terms of a batch, one a line."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from app.core.errors import ShellError

STDIN = "-"
LONGEST_LINE = 4_096
"""Bytes read of a line: more than any valid term has."""


def read(name: str) -> list[str]:
    """The distinct terms in a file, or from stdin.

    Raises:
        ShellError: it cannot be read.
    """
    try:
        if name == STDIN:
            return terms_in(sys.stdin.buffer)
        with Path(name).open("rb") as lines:
            return terms_in(lines)
    except OSError as error:
        raise ShellError(f"{name}: {error.strerror}") from None


def terms_in(lines: IO[bytes]) -> list[str]:
    """The distinct terms, one a line. Bytes that are not UTF-8 become surrogates.

    A client rejects a term with surrogates.
    """
    texts = (line.decode("utf-8", "surrogateescape") for line in _truncated(lines))
    terms = (text.removeprefix("\ufeff").strip() for text in texts)
    return list(dict.fromkeys(filter(None, terms)))


def _truncated(lines: IO[bytes]) -> Iterator[bytes]:
    """Each line, cut to `LONGEST_LINE` bytes."""
    while line := lines.readline(LONGEST_LINE):
        yield line
        while line and not line.endswith(b"\n"):
            line = lines.readline(LONGEST_LINE)
