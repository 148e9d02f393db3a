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
            return terms_in(lines, name)
    except OSError as error:
        raise ShellError(f"{name}: {error.strerror}") from None


def terms_in(lines: IO[bytes], name: str = "stdin") -> list[str]:
    """The distinct terms, one a line, in UTF-8, or in UTF-16 with a byte order mark.

    Bytes that are not UTF-8 become surrogates, which a client rejects.

    Raises:
        ShellError: they look like UTF-16 without the mark, or UTF-32.
    """
    first = lines.readline(LONGEST_LINE)
    if _is_wide(first):
        encodings = "UTF-16 without a byte order mark, or UTF-32"
        raise ShellError(f"{name} is not UTF-8, but {encodings}: save it as UTF-8")
    if first.startswith(_UTF16):
        return _distinct((first + lines.read()).decode("utf-16", "replace").splitlines())
    rest = _truncated(lines, first)
    return _distinct(line.decode("utf-8", "surrogateescape") for line in rest)


def _is_wide(line: bytes) -> bool:
    """Whether a line has the zeros of UTF-16 or UTF-32, and not the mark of UTF-16."""
    if line.startswith(_UTF16) and not line.startswith(codecs.BOM_UTF32_LE):
        return False
    return line.count(0) > len(line) // 4


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
