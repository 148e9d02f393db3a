"""The edges of a name in a text: what is around it is left out, letters are never cut."""

import re
import unicodedata
from typing import Final

from app.stages.spelling import word_set

_BEFORE: Final = frozenset("#@$")
_AFTER: Final = frozenset("#+$")
_JOINERS: Final = frozenset("\u200c\u200d\u0e33\u0eb3")
_ELIDED: Final = re.compile(r"['\u2019](?:[tn] |s-)[^\W\d_]")
_SHORT: Final = re.compile(
    r"[^\W\d_]{1,3}(?:\.[^\W\d_]{1,3})+\.|(?:Bros|Co|Corp|Inc|Jr|Ltd|Sr|St)\."
)
_JUNIOR: Final = re.compile(r",? (?:Jr|Sr)\b\.?")
_HONOURS: Final = word_set("CBE DBE FBA FRS FRSE GBE GCB KBE KCB MBE OBE OM")
_DANGLING: Final = word_set("a an and at by for from in of on or the to with")


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The range of a name without quotes, emoji, single brackets or a final "of" around it.

    It is empty if there is no name.
    """
    start = _start(text, start, end)
    end = _end(text, start, end)
    while start < end < len(text) and extends(text[end]):
        end += 1
    closes = text[end : end + 1] == ")" and text.count("(", start, end) > text.count(
        ")", start, end
    )
    return start, max(start, end + closes)


def of_person(text: str, start: int, end: int) -> tuple[int, int]:
    """The range of a person's name without a verb or honours at its end, and with ", Jr."."""
    found = text[start:end].split(" ")
    count = len(found)
    while count > 1 and _is_beyond(found[count - 1]):
        count -= 1
    if 0 < count < len(found) and any(map(str.isupper, " ".join(found[:count]))):
        start, end = trimmed(text, start, start + len(" ".join(found[:count])))
    junior = _JUNIOR.match(text, end)
    return trimmed(text, start, junior.end()) if junior and start < end else (start, end)


def _is_beyond(word: str) -> bool:
    return (word.isalpha() and word.islower()) or word.rstrip(",") in _HONOURS


def extends(char: str) -> bool:
    """Whether a character belongs to the letter before it: an accent, a vowel sign, a joiner."""
    return char in _JOINERS or (char > "\u02ff" and unicodedata.category(char)[0] == "M")


def _start(text: str, start: int, end: int) -> int:
    while start < end and not (text[start].isalnum() or text[start] in _BEFORE):
        if _ELIDED.match(text, start, end):
            break
        start += 1
    return start


def _end(text: str, start: int, end: int) -> int:
    closed = text.count(")", start, end) - text.count("(", start, end)
    while end > start:
        at = _last(text, start, end)
        if _is_end(text, start, at, closed):
            word = text.rfind(" ", start, end) + 1
            if word == 0 or text[word:end] not in _DANGLING:
                return end
            at = word
        closed += (text[at] == "(") - (text[at] == ")")
        end = at
    return start


def _last(text: str, start: int, end: int) -> int:
    """Where the last letter or sign begins, with the accents on it."""
    at = end - 1
    while at > start and extends(text[at]):
        at -= 1
    return at


def _is_end(text: str, start: int, at: int, closed: int) -> bool:
    char = text[at]
    if char == ".":
        return (
            _SHORT.fullmatch(text, max(start, text.rfind(" ", start, at) + 1), at + 1) is not None
        )
    return char.isalnum() or char in _AFTER or (char == ")" and closed <= 0)
