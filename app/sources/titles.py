"""Normal forms of titles and terms, for comparison, and lists of names."""

import unicodedata
from pathlib import Path

from app.core import letters

SUGGESTIONS = 8
"""The largest number of suggested titles."""


def fold(text: str) -> str:
    """A text without case, accents, repeated spaces and characters that are not seen.

    Titles with one form are found alike.
    """
    text = text.replace("_", " ")
    if not text.isascii():
        spread = unicodedata.normalize("NFKD", text)
        text = "".join(c for c in spread if not _is_unseen(c))
    return " ".join(text.casefold().translate(letters.PLAIN).split())


def _is_unseen(char: str) -> bool:
    """Whether this is an accent, a soft hyphen or a character without width."""
    return unicodedata.combining(char) != 0 or unicodedata.category(char) == "Cf"


def key(term: str) -> str:
    """The cache key of a term: without repeated spaces and the case of the first letter.

    As of MediaWiki's titles: those of IT and It are two articles.
    """
    words = " ".join(term.split())
    return words[:1].upper() + words[1:]


def word_list(name: str) -> tuple[str, ...]:
    """The entries of `names/NAME.txt`."""
    text = (Path(__file__).parent / "names" / f"{name}.txt").read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))
