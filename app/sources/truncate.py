"""Truncation of long texts at a paragraph, a sentence or a word."""

from app.core.text import sentences


def truncate(text: str, limit: int, language: str) -> str:
    """The beginning of a text, at most `limit` characters.

    The cut is after a paragraph if that keeps at least half of `limit`; else after a sentence, or
    else after a word.
    """
    if len(text) <= limit:
        return text
    paragraph = max(0, text.rfind("\n", 0, limit + 1))
    if paragraph * 2 >= limit:
        return text[:paragraph].rstrip()
    head = text[:limit]
    complete = [*sentences(head[paragraph:], language)][:-1]  # the last one is cut
    end = paragraph + complete[-1].end if complete else head.rfind(" ")
    return head[:end] if end > 0 else head
