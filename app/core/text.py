"""Plain text: headings, leads and sentences."""

import re

from app.core.sentences import Span, is_ended, sentences
from app.core.words import length, words

__all__ = ["Span", "is_ended", "length", "sentences", "split_lead", "tidy", "words"]

_HEADING = re.compile(r"^[ \t]*={2,6}[^=\n].*={2,6}[ \t]*$", re.MULTILINE)
_SPACE = re.compile(r"[^\S\n]+")


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
