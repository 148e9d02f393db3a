"""What a full stop does: end a sentence or an abbreviation."""

from collections.abc import Iterable
from itertools import accumulate
from typing import Final

import regex
import sentencex

from app.core.scripts import UNMARKED

_CHUNK: Final = 5000  # sentencex 1.0.32 takes quadratic time in some long texts
_LONGEST: Final = 20
_ORDINAL: Final = 2  # digits; longer numbers are years
_WORD: Final = regex.compile(r"[\w\p{M}.]{1,20}+$", regex.V1)
_INITIAL: Final = regex.compile(r"(?![\p{Hangul}\p{N}])\X", regex.V1)
_UNMARKED: Final = regex.compile(rf"[{UNMARKED}]", regex.V1)
_MASKED: Final = regex.compile(r"[^\p{L}\p{N}\p{M}.!?,;:\-]", regex.V1)
_APOSTROPHE: Final = regex.compile(r"(?<=\w)['\u2019](?=\w)", regex.V1)
# What sentencex does not know:
_NAMES: Final = "approx chs eds figs ft ms mts pt sta ste vol vols"
_NUMBERS: Final = (
    "alt approx art arts avg ca cap ch chs circa ed eds est ext fig figs fl lat long max min no"
    " nos nr op pop pp ser temp vol vols"
)
_LANGUAGES: Final = "als bar bs cs da de et eu fi fo hr hu is lb lv nb nds nn no pl sk sl sr tr"
_BEFORE_NAMES: Final = frozenset(_NAMES.split())
_BEFORE_NUMBERS: Final = frozenset(_NUMBERS.split())
_WITH_ORDINALS: Final = frozenset(_LANGUAGES.split())


def is_abbreviated(line: str, at: int, language: str, *, number: bool) -> bool:
    """Whether the full stop at `at` ends no sentence; `number`: a digit is next."""
    found = _WORD.search(line, max(0, at - _LONGEST), at)
    if found is None:
        return False
    word = found[0].lower()
    if word.isdecimal():
        return len(word) <= _ORDINAL and language in _WITH_ORDINALS
    if _INITIAL.fullmatch(word) and (number or not found[0].islower()):
        return number or language != "en"
    if _UNMARKED.match(word):
        return True
    return word in _BEFORE_NAMES or (number and word in _BEFORE_NUMBERS)


def starts(line: str, language: str) -> list[int]:
    """Where a sentence begins by the rules of a language, in order; quotes are not seen."""
    masked = _MASKED.sub(" ", _APOSTROPHE.sub("x", line))
    found: list[int] = []
    start = 0
    while start < len(masked):
        end = _chunk_end(masked, start)
        found += _starts(masked[start:end], start, language)
        start = end
    return [*found, len(line)]


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
