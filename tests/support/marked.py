"""Articles in which a tagger has marked names: `[Ada Lovelace] met [London|LOC]`."""

import re

from app.stages.mentions import Mention

_MARK = re.compile(r"\[([^\]|]*)(?:\|(\w+))?\]")


def marked(source: str) -> tuple[str, list[Mention]]:
    """The text without the marks, and the mentions; a mark without a type is of a person."""
    text, found, end = "", [], 0
    for mark in _MARK.finditer(source):
        text += source[end : mark.start()]
        found.append(Mention(len(text), len(text) + len(mark[1]), mark[2] or "PER", 0.9))
        text += mark[1]
        end = mark.end()
    return text + source[end:], found
