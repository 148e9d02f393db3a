"""Normal forms of titles and terms, for comparison, and lists of names."""

import unicodedata
from pathlib import Path

SUGGESTIONS = 8
"""The largest number of suggested titles."""
_STROKES = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "þ": "th", "æ": "ae", "œ": "oe"}
)
"""Letters that Unicode does not decompose, and that people type without their strokes."""


def fold(text: str) -> str:
    """A text without case, accents, repeated spaces and characters that are not seen.

    Titles with one form are found alike.
    """
    text = text.replace("_", " ")
    if not text.isascii():
        spread = unicodedata.normalize("NFKD", text)
        text = "".join(c for c in spread if not _is_unseen(c))
    return " ".join(text.casefold().translate(_STROKES).split())


def _is_unseen(char: str) -> bool:
    """Whether this is an accent, a soft hyphen or a character without width."""
    return unicodedata.combining(char) != 0 or unicodedata.category(char) == "Cf"


def key(term: str) -> str:
    """The cache key of a term: without case and repeated spaces, but with accents."""
    return " ".join(term.casefold().split())


def word_list(name: str) -> tuple[str, ...]:
    """The entries of `names/NAME.txt`."""
    text = (Path(__file__).parent / "names" / f"{name}.txt").read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))
