"""What a search term means to a wiki: a title, and words that no search takes for its syntax."""

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import unquote

from app.sources.titles import fold, word_list

_KEYWORDS = frozenset(word_list("keywords"))
_SYNTAX = str.maketrans(dict.fromkeys('"*?~!\\()[]{}<>|^:', " "))
_OPERATORS = frozenset({"AND", "OR", "NOT", "NEAR"})
_WORDS = frozenset({"all", "local", "prefix", "sort"})
"""Keywords that are words of a language: a space after the colon makes them a title."""
_KEYWORD = re.compile(r"[-!]?([\w-]++):(\s*+)(?=\S)")
_ADDRESS = re.compile(r"(?:https?://)?(?:[\w-]++\.)++[\w-]++(?::\d++)?/wiki/([^?#\s]++)")
_SECTION = re.compile(r"(?<=\S\S)#(?=\w)")
_ILLEGAL = re.compile(r"[#<>\[\]{}|\n]")


class Prefixes(NamedTuple):
    """The prefixes of a wiki's page names, folded.

    `outside`: of its namespaces and of other wikis. `own`: of the wiki itself.
    """

    outside: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()

    @classmethod
    def of(cls, outside: Iterable[str], own: Iterable[str]) -> "Prefixes":
        """Prefixes in any spelling."""
        return cls(frozenset(map(fold, outside)) - {""}, frozenset(map(fold, own)) - {""})


def bare(term: str) -> str:
    """A term without a search keyword, a section of the page, and colons before it.

    Of the address of a wiki's page its title.

    C# and F# stay: a section has a name of more than one letter before it.
    """
    name = term.strip()
    if address := _ADDRESS.match(name):
        name = unquote(address[1])
    keyword = _KEYWORD.match(name)
    known = keyword and keyword[1].casefold() in (_KEYWORDS - _WORDS if keyword[2] else _KEYWORDS)
    if keyword and known:
        name = name[keyword.end() :]
    name = _SECTION.split(name, maxsplit=1)[0].lstrip(": ")
    return name.strip() or term


def without_own(name: str, prefixes: Prefixes) -> str:
    """A name without the prefix of the wiki itself: on an English wiki, of `en:Alabama`."""
    prefix, _, rest = name.partition(":")
    return rest.strip() if fold(prefix) in prefixes.own and _is_page_name(rest) else name


def outside(name: str, prefixes: Prefixes) -> str | None:
    """The rest of a name if its prefix leads out of the articles, as in `Template:Main`.

    A space after the colon makes it a title: "Portal: Still Alive".
    """
    prefix, _, rest = name.partition(":")
    return rest if _is_page_name(rest) and fold(prefix) in prefixes.outside else None


def is_title(name: str) -> bool:
    """Whether a page may have this name."""
    return _ILLEGAL.search(name) is None


def search_words(name: str) -> str:
    """The words of a name, for a search; empty if there are none."""
    words = (word.strip("/").lstrip("-+&") for word in name.translate(_SYNTAX).split())
    words = (word.lower() if word in _OPERATORS else word for word in words)
    return " ".join(word for word in words if any(map(str.isalnum, word)))


def _is_page_name(rest: str) -> bool:
    return bool(rest) and not rest[0].isspace()
