"""The words of a text in any script."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import regex

from app.core.scripts import APART, UNMARKED

_MARKS: Final = r"[\p{M}\u00ad\u200c\u200d]*+"
_LETTERS: Final = rf"(?:[[\p{{L}}\p{{N}}_]--[{APART}]]{_MARKS})++"
# Words by Unicode (UAX 29), which the package's own word boundaries miss after an apostrophe.
_WORD: Final = regex.compile(
    rf"""([{APART}]{_MARKS}|{_LETTERS}(?:(?:(?<=[\p{{L}}\p{{M}}])(?!['\u2019][sS](?!\w))['\u2019.\u00b7](?=\p{{L}})
    |(?<=\p{{Hebrew}})["\u05f4](?=\p{{Hebrew}})|(?<=\p{{N}})[.,'](?=\p{{N}})){_LETTERS})*+)
    (?:(?<=[\p{{L}}\p{{M}}])['\u2019][sS](?!\w))?+""",
    regex.VERBOSE | regex.V1,
)
_ASCII: Final = re.compile(
    r"""([A-Za-z0-9_]++(?:(?:(?<=[A-Za-z])(?!'[sS](?!\w))[.'](?=[A-Za-z])
    |(?<=[0-9])[.,'](?=[0-9]))[A-Za-z0-9_]++)*+)(?:(?<=[A-Za-z])'[sS](?!\w))?+""",
    re.VERBOSE,
)
"""The same words, found faster."""
_JOINED: Final = regex.compile(rf"[{APART}]", regex.V1)
_UNMARKED: Final = regex.compile(rf"[{UNMARKED}]", regex.V1)


def words(text: str) -> list[str]:
    """The words of a text by Unicode (UAX 29), without a possessive 's.

    In scripts without spaces between words, each pair of neighbouring letters is one.
    """
    if text.isascii():
        return _ASCII.findall(text)
    if not _JOINED.search(text):
        return _WORD.findall(text)
    return [word for run in _runs(text) for word in _pairs(run)]


def length(text: str) -> int:
    """The number of words; without spaces between them, two letters count as one (Thai: three)."""
    if text.isascii() or not _JOINED.search(text):
        return len(words(text))
    return sum(-(-len(run) // (3 if _UNMARKED.match(run[0]) else 2)) for run in _runs(text))


def _runs(text: str) -> Iterator[list[str]]:
    """The words, one each, or the letters that stand together without spaces between words."""
    run: list[str] = []
    last = 0
    for found in _WORD.finditer(text):
        joins = _JOINED.match(found[1]) is not None
        if run and not (joins and last == found.start()):
            yield run
            run = []
        if joins:
            run.append(found[1])
            last = found.end()
        else:
            yield [found[1]]
    if run:
        yield run


def _pairs(run: list[str]) -> list[str]:
    return ["".join(pair) for pair in pairwise(run)] or run
