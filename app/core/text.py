"""Plain text: headings, leads and sentences."""

import re
from collections.abc import Iterator

from app.core.formulas import inline
from app.core.leftovers import clean
from app.core.sentences import Span, is_ended, sentences
from app.core.words import length, words

__all__ = ["Span", "is_ended", "length", "sentences", "split_lead", "tidy", "words"]

_HEADING = re.compile(r"^[ \t]*={2,6}[^=\n].*={2,6}[ \t]*$", re.MULTILINE)
_SPACE = re.compile(r"[^\S\n ]")
_SPACES = re.compile(r" {2,}")
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def tidy(text: str) -> str:
    """Paragraphs of one line each, divided by blank lines; no headings, no double spaces.

    Formulas become a part of their sentence, and what removed markup leaves behind goes.
    """
    if _SURROGATE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    text = _INVISIBLE.sub("", text)
    lines = (line for section in _HEADING.split(text) for line in _lines(section))
    return "\n\n".join(lines)


def _lines(section: str) -> Iterator[str]:
    lines = "\n".join(inline(section).splitlines())
    single = _SPACES.sub(" ", _SPACE.sub(" ", lines))
    for line in clean(single).split("\n"):
        if stripped := _SPACES.sub(" ", line).strip():
            yield stripped


def split_lead(raw: str) -> tuple[str, str]:
    """The (lead, whole text) of an article's raw text, both tidied.

    The lead is the text above the first heading. Without a heading it is the first paragraph.
    """
    heading = _HEADING.search(raw)
    whole = tidy(raw)
    lead = tidy(raw[: heading.start()]) if heading else ""
    return lead or whole.partition("\n\n")[0], whole
