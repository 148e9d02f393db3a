"""Full names of persons of which a tagger has marked a part, but the whole name elsewhere."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Final

from app.stages.mentions import Mention
from app.stages.persons import PERSON

_REACH: Final = 60
"""Characters before and after a part that are compared."""
_WORD: Final = re.compile(r"(?<!\w)\w+")


def completed(text: str, named: Sequence[Mention]) -> list[Mention]:
    """The names in the order of the text; "Lovelace" is "Ada Lovelace" where this stands."""
    full = {text[one.start : one.end] for one in named if one.type == PERSON}
    full = {name for name in full if " " in name}
    parts = _parts(full)
    made: list[Mention] = []
    for one in named:
        is_part = text[one.start : one.end] in parts
        wide = _widened(text, one, full, named) if is_part else one
        while made and wide.start <= made[-1].start:
            made.pop()
        best = one if made and wide.start < made[-1].end else wide
        if not made or made[-1].end <= best.start:
            made.append(best)
    return made


def _parts(full: Iterable[str]) -> set[str]:
    """What full names end or begin with, as far as the reach."""
    return {
        part
        for name in full
        for at in range(1, min(len(name), _REACH + 1))
        for part in (name[at:], name[:-at])
    }


def _widened(text: str, one: Mention, full: set[str], named: Sequence[Mention]) -> Mention:
    """The longest full name that ends or begins with a name and cuts no other one."""
    for word in _WORD.finditer(text, max(0, one.start - _REACH), one.start):
        if text[word.start() : one.end] in full and not _cuts(named, word.start()):
            return one._replace(start=word.start())
    ends = [word.end() for word in _WORD.finditer(text, one.end, one.end + _REACH)]
    for end in reversed(ends):
        if text[one.start : end] in full and not _cuts(named, end):
            return one._replace(end=end)
    return one


def _cuts(named: Sequence[Mention], at: int) -> bool:
    """Whether a place is inside a name."""
    before = bisect_left(named, at, key=lambda one: one.start) - 1
    return before >= 0 and at < named[before].end
