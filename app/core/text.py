"""Plain text: headings, leads and sentences."""

import re
from collections.abc import Iterator
from typing import NamedTuple

import sentencex

_HEADING = re.compile(r"^[ \t]*={2,6}[^=\n].*={2,6}[ \t]*$", re.MULTILINE)
_SPACE = re.compile(r"[^\S\n]+")


class Span(NamedTuple):
    """A piece of a text: `text[start:end]`, in characters."""

    start: int
    end: int
    text: str


def tidy(text: str) -> str:
    """One line a paragraph, one blank line between two, no headings, no doubled spaces."""
    lines = (_SPACE.sub(" ", line).strip() for line in _HEADING.sub("\n", text).splitlines())
    return "\n\n".join(line for line in lines if line)


def split_lead(raw: str) -> tuple[str, str]:
    """The (lead, whole text) of an article's raw text, both tidied.

    The lead is what stands above the first heading; where there is no heading, the first paragraph.
    """
    heading = _HEADING.search(raw)
    whole = tidy(raw)
    lead = tidy(raw[: heading.start()]) if heading else ""
    return lead or whole.partition("\n\n")[0], whole


def sentences(text: str, language: str = "en") -> Iterator[Span]:
    """The sentences of a text with their places, white space around them left out."""
    end = 0
    for piece in sentencex.segment(language, text):
        if sentence := piece.strip():
            # Searched for: sentencex 1.0.32 drops the blank line where it cuts a long text in two.
            start = text.index(sentence, end)
            end = start + len(sentence)
            yield Span(start, end, sentence)
