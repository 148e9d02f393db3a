"""What a full stop does: end a sentence or an abbreviation."""

import re
import unicodedata
from collections.abc import Iterable
from itertools import accumulate
from typing import Final

import regex
import sentencex

from app.core.scripts import CLOSING, LOWER, UNMARKED

_CHUNK: Final = 5000  # sentencex 1.0.32 takes quadratic time in some long texts
_LONGEST: Final = 20
_LONG: Final = 7  # letters; no abbreviation has so many
_ORDINAL: Final = 2  # digits; longer numbers are years
_OPENING: Final = "([{\"'\u2018\u201c\u201e\u00ab\u00bf\u00a1-\u2013\u2014/"
_INITIAL: Final = regex.compile(r"(?![\p{Hangul}\p{N}])\X", regex.V1)
_UNMARKED: Final = regex.compile(rf"[{UNMARKED}]", regex.V1)
_DOTTED: Final = regex.compile(r"(?:(?:\p{L}\p{M}*+){1,3}\.)++(?:\p{L}\p{M}*+){1,3}", regex.V1)
_CASED: Final = regex.compile(r"(?!\p{Georgian})[\p{Lu}\p{Ll}\p{Lt}]", regex.V1)
_LOWER: Final = regex.compile(LOWER, regex.V1)
_ZONE: Final = re.compile(r"\.[Mm]\. (?:[A-Z]{0,2}[A-HJ-Z]T|UTC)\b")
_CLOSED: Final = regex.compile(rf"{CLOSING}$", regex.V1)
_UNIT: Final = re.compile(r"(?:\d\s?[a-uw-z]|(?<![\w.])[abe-oqtuw-z])$")
_OTHER: Final = re.compile(r"[^\w .!?,;:-]")
_APOSTROPHE: Final = re.compile(r"['\u2019](?<=\w.)(?=\w)")
# What sentencex does not know:
_NAMES: Final = (
    "approx benj br chas chs edw eds figs ft geo jas jos mlle mme ms mts pt robt ss sta ste thos"
    " vol vols wm"
)
_NUMBERS: Final = (
    "alt approx art arts avg ca cap ch chs circa ed eds est ext fig figs fl lat long max min no"
    " nos nr op pop pp ser temp vol vols"
    " янв февр апр авг сент окт нояб дек вып гл илл рис стр табл"
)
_LANGUAGES: Final = "als bar bs cs da de et eu fi fo hr hu is lb lv nb nds nn no pl sk sl sr tr"
# Of one letter with its signs, like an initial:
_BE: Final = "છે છો છું है हैं हूँ हो था थे थी थीं"
_VERBS: Final = frozenset(_BE.split())
_BEFORE_NAMES: Final = frozenset(_NAMES.split())
_BEFORE_NUMBERS: Final = frozenset(_NUMBERS.split())
_WITH_ORDINALS: Final = frozenset(_LANGUAGES.split())


def is_abbreviated(line: str, at: int, language: str, *, number: bool) -> bool:
    """Whether the full stop at `at` ends no sentence; `number`: a digit is next."""
    last = line[max(0, at - _LONG) : at]
    if len(last) == _LONG and last.isascii() and last.isalpha():
        return False
    before = line[max(0, at - _LONGEST) : at].rsplit(None, 1)[-1:]
    found = before[0].lstrip(_OPENING) if before and not line[at - 1].isspace() else ""
    word = found.lower()
    if word.isdecimal():
        return len(word) <= _ORDINAL and language in _WITH_ORDINALS
    initial = word not in _VERBS and _INITIAL.fullmatch(word)
    if initial and (number or not _LOWER.match(found)):
        return number or language != "en"
    dotted = language != "en" and _DOTTED.fullmatch(word)
    if dotted and (number or not _CASED.match(word)):
        return True
    if _UNMARKED.match(word) or (last.endswith(("m", "M")) and _ZONE.match(line, at - 2)):
        return True
    return word in _BEFORE_NAMES or (number and word in _BEFORE_NUMBERS)


def is_closed(line: str, at: int, language: str) -> bool:
    """Whether a word before a full stop looks like an initial to sentencex and is none.

    It stands in brackets or quotes, or is a unit or a variable.
    """
    before = line[max(0, at - 3) : at]
    return bool(_CLOSED.search(before) or (language == "en" and _UNIT.search(before)))


def starts(line: str, language: str) -> list[int]:
    """Where a sentence begins by the rules of a language, in order; quotes are not seen."""
    masked = _OTHER.sub(_masked, _APOSTROPHE.sub("x", line))
    found: list[int] = []
    start = 0
    while start < len(masked):
        end = _chunk_end(masked, start)
        found += _starts(masked[start:end], start, language)
        start = end
    return [*found, len(line)]


def _masked(found: re.Match[str]) -> str:
    """A space instead of a character on which sentencex 1.0.32 panics or is slow."""
    return found[0] if unicodedata.category(found[0]).startswith("M") else " "


def _starts(text: str, start: int, language: str) -> Iterable[int]:
    ends = list(accumulate(map(len, sentencex.segment(language, text)), initial=start))
    # If characters are missing, every full stop ends a sentence.
    return ends[1:-1] if ends[-1] == start + len(text) else range(start, start + len(text))


def _chunk_end(line: str, start: int) -> int:
    """The end of a part that does not end at a full stop."""
    end = start + _CHUNK
    if end >= len(line):
        return len(line)
    comma = line.rfind(", ", start, end)
    return comma + 1 if comma > start else end
