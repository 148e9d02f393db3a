"""Plain text: headings, leads and sentences."""

import re
from collections.abc import Iterator
from typing import NamedTuple

import sentencex

_HEADING = re.compile(r"^[ \t]*={2,6}[^=\n].*={2,6}[ \t]*$", re.MULTILINE)
_SPACE = re.compile(r"[^\S\n]+")
_WORD = re.compile(r"\w+")
_ENDED = re.compile(r"[.!?\u2026\u3002\uff01\uff1f][\"'\u2019\u201d)\]\u00bb]*$")


class Span(NamedTuple):
    """A piece of a text: `text[start:end]`, in characters."""

    start: int
    end: int
    text: str


def tidy(text: str) -> str:
    """Paragraphs of one line each, divided by blank lines; no headings, no double spaces."""
    lines = (_SPACE.sub(" ", line).strip() for line in _HEADING.sub("\n", text).splitlines())
    return "\n\n".join(line for line in lines if line)


def split_lead(raw: str) -> tuple[str, str]:
    """The (lead, whole text) of an article's raw text, both tidied.

    The lead is the text above the first heading. Without a heading it is the first paragraph.
    """
    heading = _HEADING.search(raw)
    whole = tidy(raw)
    lead = tidy(raw[: heading.start()]) if heading else ""
    return lead or whole.partition("\n\n")[0], whole


def sentences(text: str, language: str = "en") -> Iterator[Span]:
    """The sentences of a text with their offsets, without the white space around them."""
    end = 0
    for piece in sentencex.segment(language, text):
        if sentence := piece.strip():
            # Lengths do not add up: sentencex 1.0.32 drops blank lines between chunks of 10 kB.
            start = text.index(sentence, end)
            end = start + len(sentence)
            yield Span(start, end, sentence)


def words(text: str) -> list[str]:
    """The words of a text."""
    return _WORD.findall(text)


def is_ended(sentence: str) -> bool:
    """Whether a sentence ends with an end mark, and not like a heading or a list item."""
    return _ENDED.search(sentence) is not None
