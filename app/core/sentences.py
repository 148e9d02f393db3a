"""The sentences of a text in any script."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property
from typing import Final, NamedTuple, TypeAlias

import regex

from app.core.full_stops import is_abbreviated, is_closed, starts
from app.core.scripts import CLOSING, JOINED, LOWER, MARKS, OPENING, UNMARKED, language_for_rules

_FEWEST: Final = 20  # characters of a sentence that ends at a space
_LONGEST_QUOTE: Final = 500
_DEEPEST: Final = 3
_SOFT: Final = ".!?\u2026"
_ASKING: Final = "!?\uff01\uff1f"

_END: Final = regex.compile(
    rf"""(?<![\p{{STerm}}\u2026\u0f0d-\u0f11])(?P<mark>{MARKS}++)
        (?:{CLOSING}*+(?:\s[\u00bb\u203a])?+(?=\s|$)
        |(?<=[[\p{{STerm}}\u2026\u1361]--[.!?\u2024\u203c-\u203d\u2047-\u2049]]|[{JOINED}][!?]+)
         (?<!\d\uff0e(?=\d))[\p{{Pe}}\p{{Pf}}]*+)
    |(?<=[[{UNMARKED}]--[\u0e46\u0ec6]])(?P<space>\s)\s*+(?=[[{UNMARKED}]--[\u0e2f\u0e46\u0ec6]])""",
    regex.VERBOSE | regex.V1,
)
_PLAIN: Final = re.compile(r"[\0-\u036f\u0400-\u052f\u1e00-\u1eff\u2010-\u203b\u20a0-\u20cf]*+")
"""What the faster pattern is for: texts with no other marks than those in it."""
_PLAIN_END: Final = re.compile(
    "(?<![.!?\u2026])(?P<mark>[.!?\u2026]++)[\"')\\]}\u2018\u2019\u201c\u201d\u203a\u00ab\u00bb]*+"
    r"(?:\s[\u00bb\u203a])?+(?=\s|$)"
)
_NEXT: Final = regex.compile(
    rf"""\s*+(?:(?P<goes_on>[\p{{Pe}},;:]|{MARKS}
        |{OPENING}*+(?:{LOWER}(?!\p{{Lu}}))|[-\u2013\u2014]\s*+{LOWER}|[(\[]\d)
        |{OPENING}*+(?P<digit>\d)?)""",
    regex.VERBOSE | regex.V1,
)
_FIRM: Final = re.compile(r"\s(?:Inc|Corp|Ltd|Co|Brands|Japan|News|Records)\b")
_NAME: Final = regex.compile(r"\b\p{Lu}\w*+[!?](?=\s\p{Ll})")
_BEFORE: Final = regex.compile(r"\b\p{Lu}\w*+[!?]$")
_LONGEST_NAME: Final = 30
_STARTER: Final = re.compile(r"\s(?:The|Its?|In|He|She|They|This|An?)\s")
_PARTICLE: Final = regex.compile(
    r"""[はがのをにもへで](?!\p{Hiragana})|と(?!\p{Hiragana})
    |と(?:い[うっわ]|し[てた]|[のはも])|って|など|から|による|[、\uff0c,]""",
    regex.VERBOSE | regex.V1,
)
_ENDED: Final = regex.compile(rf"(?:{MARKS}(?:{CLOSING}|\s)*+|[{UNMARKED}]{CLOSING}*+)$", regex.V1)
_EDGE: Final = re.compile(r"[()\[\]\uff08\uff09\u300c-\u300f\u201c-\u201f\u00ab\u00bb]|\"")
_CLOSES: Final = {
    '"': '"',
    "(": ")",
    "[": "]",
    "\uff08": "\uff09",
    "\u300c": "\u300d",
    "\u300e": "\u300f",
    "\u201c": "\u201d",
    "\u201e": "\u201c\u201d",
    "\u00ab": "\u00bb",
}


_Match: TypeAlias = re.Match[str] | regex.Match[str]


class Span(NamedTuple):
    """A piece of a text: `text[start:end]`, in characters."""

    start: int
    end: int
    text: str


def sentences(text: str, language: str = "en") -> Iterator[Span]:
    """The sentences of a text with their offsets, without the white space around them.

    A line break always ends a sentence. The end marks of every script end one; what a full stop
    after an abbreviation does is decided by the rules of the language, or of another one if the
    text is not in its script. Quotes are not divided. In Thai, Lao and other scripts without end
    marks a space ends a sentence of 20 characters or more.
    """
    names = frozenset(_NAME.findall(text))
    start = 0
    for line in text.splitlines(keepends=True):
        at = 0
        for end in (*_Line(line, language, names).ends(), len(line)):
            if piece := line[at:end].strip():
                begin = start + line.index(piece, at)
                yield Span(begin, begin + len(piece), piece)
            at = end
        start += len(line)


def is_ended(sentence: str) -> bool:
    """Whether a sentence ends with an end mark, and not like a heading or a list item.

    In scripts without end marks every sentence is ended.
    """
    return _ENDED.search(sentence.rstrip()[-50:]) is not None


class _Line:
    """A line, and where its sentences end."""

    def __init__(self, text: str, language: str, names: frozenset[str]) -> None:
        self._text = text
        self._given = language
        self._names = names

    @cached_property
    def _language(self) -> str:
        return language_for_rules(self._text, self._given)

    @cached_property
    def _starts(self) -> list[int]:
        return starts(self._text, self._language)

    def ends(self) -> Iterator[int]:
        """The offsets where a sentence ends, in order."""
        quotes = iter(_quotes(self._text))
        quote = next(quotes, None)
        last = closed = 0
        pattern = _PLAIN_END if _PLAIN.fullmatch(self._text) else _END
        for found in pattern.finditer(self._text):
            while quote and quote[0] < found.end():
                closed, quote = max(closed, quote[1]), next(quotes, None)
            if found.end() >= closed and self._is_end(found, last):
                last = found.end()
                yield last

    def _is_end(self, found: _Match, last: int) -> bool:
        mark, end = found["mark"], found.end()
        if mark is None:
            return found.start() - last >= _FEWEST
        following = _NEXT.match(self._text, end)
        goes_on = following and following["goes_on"]
        if following is None or (goes_on and (mark[-1] in _SOFT or not goes_on[-1].isalnum())):
            return False
        if mark == ".":
            return self._is_stop(found.start(), following)
        if mark in "!?" and self._is_name(found.end("mark")):
            return False
        return end == len(self._text) or self._text[end].isspace() or not self._goes_on(found)

    def _is_name(self, end: int) -> bool:
        """Whether the mark that ends here is a part of a name, as in `Yahoo!`.

        Somewhere a small letter follows a name, or the next word is one of a firm's.
        """
        name = _BEFORE.search(self._text, max(0, end - _LONGEST_NAME), end)
        if name is None or _STARTER.match(self._text, end):
            return False
        return name[0] in self._names or _FIRM.match(self._text, end) is not None

    def _goes_on(self, found: _Match) -> bool:
        """Whether a sentence without spaces goes on after a title or a quote in it."""
        quote = found.end("mark") < found.end()
        asks = found["mark"][-1] in _ASKING
        particle = _PARTICLE.match(self._text, found.end()) is not None
        return (quote and asks) or (particle and (quote or asks))

    def _is_stop(self, at: int, following: _Match) -> bool:
        """Whether the full stop at this offset ends a sentence."""
        number = following["digit"] is not None
        if is_abbreviated(self._text, at, self._language, number=number):
            return False
        letter = self._text[following.end() : following.end() + 1].isalpha()
        if letter and is_closed(self._text, at, self._language):
            return True
        near = bisect_left(self._starts, at + 1)
        return near < len(self._starts) and self._starts[near] <= following.end()


def _quotes(line: str) -> list[tuple[int, int]]:
    """Where the quotes and brackets stand that are closed soon, in order."""
    found: list[tuple[int, int]] = []
    opened: list[tuple[str, int]] = []
    for edge in _EDGE.finditer(line):
        mark, at = edge[0], edge.start()
        for depth in range(len(opened) - 1, max(-1, len(opened) - 1 - _DEEPEST), -1):
            closers, start = opened[depth]
            if mark in closers:
                if at < start + _LONGEST_QUOTE:
                    found.append((start, edge.end()))
                del opened[depth:]
                break
        else:
            if mark in _CLOSES and _opens(line, mark, at):
                opened.append((_CLOSES[mark], at))
    return sorted(found)


def _opens(line: str, mark: str, at: int) -> bool:
    """Whether a quote mark opens; as a sign of inches it follows a digit."""
    return mark != '"' or at == 0 or not line[at - 1].isalnum()
