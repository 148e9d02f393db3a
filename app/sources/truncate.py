"""Very long texts, cut where it hurts least."""

from app.core.text import sentences


def truncate(text: str, limit: int, language: str) -> str:
    """The text's first `limit` characters or a little less, so that it ends well.

    It ends with a paragraph, unless half of it were lost; else with a sentence, or with a word.
    """
    if len(text) <= limit:
        return text
    paragraph = max(0, text.rfind("\n", 0, limit + 1))
    if paragraph * 2 >= limit:
        return text[:paragraph].rstrip()
    head = text[:limit]
    whole = [*sentences(head[paragraph:], language)][:-1]  # the last one is broken
    end = paragraph + whole[-1].end if whole else head.rfind(" ")
    return head[:end] if end > 0 else head
