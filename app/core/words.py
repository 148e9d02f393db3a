"""The words of a text in any script."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import regex

from app.core.scripts import JOINED, UNMARKED

_WORD: Final = regex.compile(r"(?w)\b(?=\w)\X.*?(?:(?=['\u2019][sS]\b)|\b)", regex.V1)
_JOINED: Final = regex.compile(rf"[{JOINED}]", regex.V1)
_UNMARKED: Final = regex.compile(rf"[{UNMARKED}]", regex.V1)


def words(text: str) -> list[str]:
    """The words of a text by Unicode (UAX 29), without a possessive 's.

    In scripts without spaces between words, each pair of neighbouring letters is one.
    """
    if not _JOINED.search(text):
        return _WORD.findall(text)
    return [word for run in _runs(text) for word in _pairs(run)]


def length(text: str) -> int:
    """The number of words; without spaces between them, two letters count as one (Thai: three)."""
    if not _JOINED.search(text):
        return len(_WORD.findall(text))
    return sum(-(-len(run) // (3 if _UNMARKED.match(run[0]) else 2)) for run in _runs(text))


def _runs(text: str) -> Iterator[list[str]]:
    """The words, one each, or the letters that stand together without spaces between words."""
    run: list[str] = []
    last = 0
    for found in _WORD.finditer(text):
        joins = _JOINED.match(found[0]) is not None
        if run and not (joins and last == found.start()):
            yield run
            run = []
        if joins:
            run.append(found[0])
            last = found.end()
        else:
            yield [found[0]]
    if run:
        yield run


def _pairs(run: list[str]) -> list[str]:
    return ["".join(pair) for pair in pairwise(run)] or run
