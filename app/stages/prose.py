"""Which sentences of an article can stand in a summary, and the items of a list."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from typing import Final, NamedTuple
from unicodedata import category

from app.core.text import Span, is_ended, length, sentences
from app.core.values import Article
from app.stages import english

CHARACTERS: Final = 3_000
"""The sentences that begin before this place are read."""
LONGEST: Final = 800
"""Characters; a longer sentence is not for a summary."""
_CUT: Final = 400  # characters that are left of an article without any shorter piece
_FEWEST_WORDS: Final = 3
_SHORT: Final = 40  # characters; a longer sentence has enough words
_PROSE_WORDS: Final = 6  # a line with fewer may be an item of a list
_ITEM: Final = 200  # characters in an item of a list at most
_BULLET: Final = re.compile(r"[\s*#\u2022\u2023\u25aa\u25cf\u00b7\u2013\u2014-]+")
_REFERENCE_MARKS: Final = re.compile(r"(?:[ ]?\[[\w ,\u2013-]{1,20}\])+$")
_LINE: Final = re.compile(r"[^\n]+")
_OPENING: Final = "\"'\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb\u00bf\u00a1"
_BRACKETS: Final = ("()", "[]", "{}", "（）", "「」", "『』", "【】", "《》")  # noqa: RUF001 - CJK
_QUOTES: Final = '"“”„«»'
_MARK: Final = re.compile("[" + re.escape("".join(_BRACKETS) + _QUOTES) + "]")
_ARTICLES: Final = ("the ", "a ", "an ")


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
    found = list(candidates(spans, article.title, article.language))
    if not any(is_prose(one.span.text) for one in found) and (
        listed := items(article.text[:end], article.language)
    ):
        return Reading([], listed, end)
    return Reading(found or _others(spans, article.title), [], end)


def candidates(spans: Iterable[Span], title: str, language: str) -> Iterator[Candidate]:
    """The sentences that can stand in a summary: the first alone, others after their context."""
    in_english, follows = language == "en", False
    for span in spans:
        leans = in_english and _leans(span.text, title)
        of_page = in_english and english.talks_of_page(span.text)
        follows = (follows or not leans) and not of_page and is_whole(span.text, title)
        if follows:
            yield Candidate(span, leans)


def _leans(sentence: str, title: str) -> bool:
    refers = english.refers_back(sentence.lstrip(_OPENING + "(["))
    return refers and not _begins_with(title, sentence)


def _others(spans: Sequence[Span], title: str) -> list[Candidate]:
    """What is left if no sentence can stand in a summary: any whole ones, or pieces of text."""
    whole = [one for one in spans if is_whole(one.text, title)]
    short = whole or [one for one in spans if len(one.text) <= LONGEST]
    return [Candidate(one, leans=False) for one in short or map(_cut, spans[:1])]


def _cut(span: Span) -> Span:
    text = span.text[:_CUT]
    text = text.rpartition(" ")[0] or text
    return Span(span.start, span.start + len(text), text)


def is_whole(sentence: str, title: str) -> bool:
    """Whether this is a whole sentence: no heading, no item of a list, no half of a sentence.

    It begins with a capital, a digit or a letter without case, or with the article's title.
    """
    if len(sentence) > LONGEST or not _is_balanced(sentence):
        return False
    if not is_ended(sentence) and not is_ended(_REFERENCE_MARKS.sub("", sentence)):
        return False
    begins = _begins(sentence) or _begins_with(title, sentence)
    return begins and (len(sentence) > _SHORT or length(sentence) >= _FEWEST_WORDS)


def _begins(sentence: str) -> bool:
    start = next((char for char in sentence if category(char) != "Ps" and char not in _OPENING), "")
    return category(start)[0] in "LNS" and not start.islower() if start else False


def _begins_with(title: str, sentence: str) -> bool:
    """Whether the sentence begins with the title, without what is in brackets at its end."""
    name, start = title.partition(" (")[0].casefold(), sentence.lstrip(_OPENING).casefold()
    return bool(name) and start.startswith((name, *(f"{article}{name}" for article in _ARTICLES)))


def _is_balanced(sentence: str) -> bool:
    """Whether no bracket and no quotation is open or closed only outside the sentence."""
    marks = "".join(_MARK.findall(sentence))
    paired = all(marks.count(pair[0]) == marks.count(pair[1]) for pair in _BRACKETS if marks)
    return paired and sum(map(marks.count, _QUOTES)) % 2 == 0


def items(text: str, language: str) -> list[Span]:
    """The items of a list: its short lines, without bullets, if most lines end no sentence.

    None if the text is no list.
    """
    every = list(lines(text))
    found = [_item(line) for line in every if not _is_prose(line.text, language)]
    unended = sum(not _has_end_mark(line.text) for line in every)
    return found if len(found) > 1 and unended * 2 >= len(every) else []


def _has_end_mark(line: str) -> bool:
    """Whether a line ends with a mark; in scripts without end marks all lines are ended."""
    return is_ended(line) and category(line[-1])[0] == "P"


def _is_prose(line: str, language: str) -> bool:
    """Whether a line is no item: it has a sentence, talks of others, or is too long."""
    if len(line) > _ITEM or line.endswith((":", "：")):  # noqa: RUF001 - CJK
        return True
    if language == "en" and english.talks_of_page(line):
        return True
    return any(is_prose(one.text) for one in sentences(line, language))


def is_prose(sentence: str) -> bool:
    """Whether this is longer than an item of a list that ends with a full stop (*J. Adair Jr.*)."""
    return is_ended(sentence) and length(sentence) >= _PROSE_WORDS


def _item(line: Span) -> Span:
    start = found.end() if (found := _BULLET.match(line.text)) else 0
    text = line.text[start:].rstrip(" ,;")
    return Span(line.start + start, line.start + start + len(text), text)
