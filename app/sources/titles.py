"""Titles and terms, compared as people type them."""

import unicodedata

SUGGESTIONS = 8
"""Titles that are suggested at most."""
_STROKES = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "þ": "th", "æ": "ae", "œ": "oe"}
)
"""Letters that Unicode takes for letters of their own, and people type without their strokes."""


def fold(text: str) -> str:
    """A text without case, accents and doubled spaces: what counts as the same when searching."""
    text = text.replace("_", " ")
    if not text.isascii():
        spread = unicodedata.normalize("NFKD", text)
        text = "".join(c for c in spread if not unicodedata.combining(c))
    return " ".join(text.casefold().translate(_STROKES).split())


def key(term: str) -> str:
    """A term as it is remembered: without case and doubled spaces, but with its accents."""
    return " ".join(term.casefold().split())
