"""The terms of a batch, one a line."""

import codecs
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from app.core.errors import ShellError

STDIN = "-"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
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
    """The distinct terms, one a line, in UTF-8, or in UTF-16 with a byte order mark.

    Bytes that are not UTF-8 become surrogates, which a client rejects.
    """
    first = lines.readline(LONGEST_LINE)
    if first.startswith(_UTF16):
        return _distinct((first + lines.read()).decode("utf-16", "replace").splitlines())
    rest = _truncated(lines, first)
    return _distinct(line.decode("utf-8", "surrogateescape") for line in rest)


def _distinct(texts: Iterable[str]) -> list[str]:
    terms = (text.removeprefix("\ufeff").strip() for text in texts)
    return list(dict.fromkeys(filter(None, terms)))


def _truncated(lines: IO[bytes], line: bytes) -> Iterator[bytes]:
    """Each line, from `line` on, cut to `LONGEST_LINE` bytes."""
    while line:
        yield line
        while line and not line.endswith(b"\n"):
            line = lines.readline(LONGEST_LINE)
        line = lines.readline(LONGEST_LINE)
