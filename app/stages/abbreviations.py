"""Abbreviations that an article explains: World Health Organization (WHO)."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from app.stages.mentions import Mention
from app.stages.spelling import key, words

_LONGEST: Final = 10
_MOST_WORDS: Final = 16


def abbreviations(text: str, named: Sequence[Mention]) -> dict[str, str]:
    """For the key of each abbreviation the key of the one name that it stands for."""
    meanings: defaultdict[str, set[str]] = defaultdict(set)
    for before, after in pairwise(named):
        gap = text[before.end : after.start]
        if gap == " (" and text[after.end : after.end + 1] == ")":
            names = [text[one.start : one.end] for one in (before, after)]
            short, long = sorted(names, key=len)
            if _is_short_for(short, long):
                meanings[key(words(short))].add(key(words(long)))
    return {short: min(some) for short, some in meanings.items() if len(some) == 1}


def _is_short_for(short: str, long: str) -> bool:
    letters = "".join(filter(str.isalpha, short))
    if not (letters.isupper() and 1 < len(letters) <= _LONGEST):
        return False
    parts = long.replace("-", " ").split()[:_MOST_WORDS]
    capitals = "".join(part[0] for part in parts if part[0].isupper())
    return letters in (capitals, "".join(part[0] for part in parts).upper())
