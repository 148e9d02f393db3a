"""The spellings of a name: which of them are the same words."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import groupby
from typing import Final

from app.core import letters

_ACCENTS: Final = re.compile("[\u0300-\u036f]+")
_ALIKE: Final = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u02bb\u02bc\u02b9\u00b4`", "'"),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufe0e\ufe0f\ufeff", None),
        ".": ". ",
    }
)
_AROUND: Final = "-.,;:\"'()[]\u201c\u201d\u00ab\u00bb"


def folded(text: str) -> str:
    """A text without case, accents, invisible characters, and variants of ' and -."""
    if text.isascii():
        return text.replace("`", "'").replace(".", ". ").lower()
    plain = unicodedata.normalize("NFKD", text.translate(_ALIKE)).casefold()
    return _ACCENTS.sub("", unicodedata.normalize("NFKD", plain)).translate(letters.PLAIN)


def words(name: str) -> tuple[str, ...]:
    """The folded words of a name, each initial by itself, without a leading "the"."""
    found = [word for part in folded(name).split() if (word := part.strip(_AROUND))]
    return tuple(found[1:] if len(found) > 1 and found[0] == "the" else found)


def key(parts: tuple[str, ...]) -> str:
    """What the spellings of a name share: U.S. and US, J. R. R. and JRR, Al- and Al are alike."""
    return " ".join(_together(parts)).replace("-", " ")


def _together(parts: tuple[str, ...]) -> Iterator[str]:
    for are_initials, some in groupby(parts, key=is_initial):
        if are_initials:
            yield "".join(some)
        else:
            yield from some


def is_initial(word: str) -> bool:
    """Whether a word is a single letter of a script with initials."""
    return len(word) == 1 and word.isalpha() and word != word.upper()


def word_set(text: str) -> frozenset[str]:
    """The words of a list with spaces."""
    return frozenset(text.split())
