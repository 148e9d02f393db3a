"""Which sentences of an article can stand in a summary, and the items of a list."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from typing import Final, NamedTuple
from unicodedata import category

from app.core.text import Span, is_ended, length, sentences, words
from app.core.values import Article
from app.models.extractive import TOO_LONG
from app.stages import english

CHARACTERS: Final = 3_000
"""The sentences that begin before this place are read."""
LONGEST: Final = 800
"""Characters; a longer sentence is not for a summary."""
_CUT: Final = 400  # characters that are left of a longer sentence at most
_LOWER: Final = 2  # words in lower case that a line of prose has at least, and an item has not
_CAPTIONS: Final = 2  # lines above the first sentence of an article
_FEWEST_WORDS: Final = 3
_SHORT: Final = 40  # characters; a longer sentence has enough words
_PROSE_WORDS: Final = 6  # a line with fewer may be an item of a list
_ITEM: Final = 200  # characters in an item of a list at most
_BULLET: Final = re.compile(
    r"(?:[\s*#\u00b7\u2013\u2014\u2022\u2023\u2043\u2190-\u21ff\u25a0-\u25ff\u2605\u2606\u27a4-]"
    r"|\(?(?:\d{1,3}|[a-z])\)\s)+"
)
_NUMBERED: Final = re.compile(r"\d{1,3}\.\s")
_ARTICLES: Final = ("the ", "a ", "an ")
_BREAK: Final = re.compile(r",?\s|[\u3001\uff0c]")
_INCHES: Final = re.compile(r"\d[\"\u201d]")
_OPENING: Final = "\"'\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb\u00bf\u00a1"
_REFERENCE_MARKS: Final = re.compile(r"(?:[ ]?\[[\w ,\u2013-]{1,20}\])+$")
_LINE: Final = re.compile(r"[^\n]+")
_BRACKETS: Final = ("{}", "（）", "「」", "『』", "【】", "《》")  # noqa: RUF001 - CJK
_QUOTES: Final = '"“”„«»'
_MARK: Final = re.compile("[" + re.escape("()[]" + "".join(_BRACKETS) + _QUOTES) + "]")


class Candidate(NamedTuple):
    """A sentence that can stand in a summary; one that `leans` only after the one before it."""

    span: Span
    leans: bool


def lines(text: str) -> Iterator[Span]:
    """The lines of a text that are not empty."""
    return (Span(found.start(), found.end(), found[0]) for found in _LINE.finditer(text))


class Reading(NamedTuple):
    """The beginning of an article up to `end`: what a summary can have."""

    candidates: list[Candidate]
    items: list[Span]
    end: int


def read(article: Article) -> Reading:
    """Read the candidates from the beginning of an article, or its items if it is only a list."""
    given = article.text[: CHARACTERS + LONGEST + 1]
    begun = takewhile(lambda one: one.start < CHARACTERS, sentences(given, article.language))
    spans = list(begun)
    end = spans[-1].end if spans else 0
    found = _without_captions([*candidates(spans, article.title, article.language)], article.title)
    if not any(_is_own(one.span.text, article.title) for one in found) and (
        listed := items(article.text[:end], article.language)
    ):
        return Reading([], listed, end)
    return Reading(found or _others(spans, article.title), [], end)


def _is_own(sentence: str, title: str) -> bool:
    """Whether a text with this sentence is more than a list."""
    return is_prose(sentence) or (_begins_with(title, sentence) and _has_lower(sentence))


def candidates(spans: Iterable[Span], title: str, language: str) -> Iterator[Candidate]:
    """The sentences that can stand in a summary: the first alone, others after their context."""
    in_english, follows = language == "en", False
    last = Span(0, 0, "")
    for span in spans:
        # In scripts without end marks a piece of a line may go on with the one before it.
        goes_on = last.end == span.start - 1 and not _has_end_mark(last.text)
        leans = goes_on or (in_english and _leans(span.text, title))
        of_page = in_english and english.talks_of_page(span.text)
        follows = (follows or not leans) and not of_page and is_whole(span.text, title)
        if follows:
            yield Candidate(span, leans)
        last = span


def _without_captions(found: list[Candidate], title: str) -> list[Candidate]:
    """The sentences without lines of one sentence above the first that begins with the title."""
    for at, one in enumerate(found[: _CAPTIONS + 1]):
        if _begins_with(title, one.span.text):
            return found[at:]
        if at + 1 < len(found) and found[at + 1].span.start < one.span.end + 2:
            break
    return found


def _leans(sentence: str, title: str) -> bool:
    refers = english.refers_back(sentence.lstrip(_OPENING + "(["))
    return refers and not _begins_with(title, sentence)


def _others(spans: Sequence[Span], title: str) -> list[Candidate]:
    """What is left if no sentence can stand in a summary: any whole ones, or pieces of text."""
    whole = [one for one in spans if is_whole(one.text, title)]
    short = whole or [one for one in spans if len(one.text) <= LONGEST]
    return [Candidate(one, leans=False) for one in short or spans[:1]]


def shortened(span: Span, most: int) -> Span:
    """A sentence that is much longer than this, cut at a space or a comma."""
    if len(span.text) <= LONGEST and length(span.text) <= TOO_LONG * most:
        return span
    text = span.text[:_CUT]
    ends = [0, *(found.start() for found in _BREAK.finditer(text))]
    fits = ends[bisect_right(ends, most, key=lambda end: length(text[:end])) - 1]
    text = text[: fits or _CUT]
    return Span(span.start, span.start + len(text), text)


def is_whole(sentence: str, title: str) -> bool:
    """Whether this is a whole sentence: no heading, no item of a list, no half of a sentence.

    It begins with a capital, a digit or a letter without case, or with the article's title.
    """
    if len(sentence) > LONGEST or _BULLET.match(sentence):
        return False
    if not is_ended(sentence) and not is_ended(_REFERENCE_MARKS.sub("", sentence)):
        return False
    if len(sentence) <= _SHORT and length(sentence) < _FEWEST_WORDS:
        return False
    named = _begins_with(title, sentence)
    if not _is_balanced(sentence):
        return named and sentence[0] not in _OPENING
    return named or (_begins(sentence) and _has_lower(sentence, least=1))


def _begins(sentence: str) -> bool:
    start = next((char for char in sentence if category(char) != "Ps" and char not in _OPENING), "")
    return category(start)[0] in "LNS" and not _is_lower(start) if start else False


def _is_lower(word: str) -> bool:
    """Whether a word could be a capital: Georgian letters have capitals, but no sentence has."""
    return word.islower() and word != word.title()


def _has_lower(sentence: str, least: int = _LOWER) -> bool:
    """Whether some words are in lower case, as not in a name; or the script has no case."""
    found = words(sentence)
    caseless = any(word[0].isalpha() and word.title() == word.lower() for word in found)
    return caseless or sum(map(_is_lower, found)) >= least


def _begins_with(title: str, sentence: str) -> bool:
    """Whether the sentence begins with the title, without what is in brackets at its end."""
    name, start = title.partition(" (")[0].casefold(), sentence.lstrip(_OPENING).casefold()
    return bool(name) and start.startswith((name, *(f"{article}{name}" for article in _ARTICLES)))


def _is_balanced(sentence: str) -> bool:
    """Whether no bracket and no quotation is open or closed only outside the sentence."""
    marks = "".join(_MARK.findall(sentence))
    # An interval is written as [0, 1).
    paired = sum(map(marks.count, "([")) == sum(map(marks.count, ")]"))
    paired &= all(marks.count(pair[0]) == marks.count(pair[1]) for pair in _BRACKETS if marks)
    quoted = sum(map(marks.count, _QUOTES)) % 2 == 0 or _INCHES.search(sentence) is not None
    return paired and quoted


def items(text: str, language: str) -> list[Span]:
    """The items of a list: its short lines, without bullets, if most lines are no sentences.

    There are none if the text is no list.
    """
    every = list(lines(text))
    found = [_item(line) for line in every if not _is_prose(line.text, language)]
    once: dict[str, Span] = {}
    for item in found:
        once.setdefault(item.text.casefold(), item)
    once.pop("", None)
    ended = sum(_has_end_mark(line.text) and _has_lower(line.text) for line in every)
    return list(once.values()) if len(once) > 1 and ended * 2 <= len(every) else []


def _has_end_mark(line: str) -> bool:
    """Whether a line ends with a mark; in scripts without end marks all lines are ended."""
    return is_ended(line) and category(line[-1])[0] == "P"


def _is_prose(line: str, language: str) -> bool:
    """Whether a line is no item: it has a sentence, talks of others, or is too long."""
    if len(line) > _ITEM or line.endswith((":", "：")):  # noqa: RUF001 - CJK
        return True
    if language == "en" and (english.is_section(line) or _talks_of_page(line)):
        return True
    return any(is_prose(one.text) for one in sentences(line, language))


def _talks_of_page(line: str) -> bool:
    in_lists = english.lists(line) and not is_ended(line)
    return english.talks_of_page(line) and not in_lists


def is_prose(sentence: str) -> bool:
    """Whether this is longer than an item of a list that ends with a full stop (*J. Adair Jr.*)."""
    long = is_ended(sentence) and length(sentence) >= _PROSE_WORDS
    return long and not _NUMBERED.match(sentence) and _has_lower(sentence)


def _item(line: Span) -> Span:
    start = found.end() if (found := _BULLET.match(line.text)) else 0
    text = line.text[start:].rstrip(" ,;")
    return Span(line.start + start, line.start + start + len(text), text)
