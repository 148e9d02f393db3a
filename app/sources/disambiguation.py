"""Pages that list the meanings of a title, in wikitext: how they are known, and their options.

Wikis with the extension Disambiguator mark these pages. Elsewhere their templates or their first
line tell.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from app.sources.titles import fold, word_list

OPTIONS = 50
"""The largest number of options of one page."""
_TEMPLATES = frozenset(map(fold, word_list("templates")))
_LEADS = tuple(map(fold, word_list("leads")))
_ANNOUNCEMENTS = tuple(map(fold, word_list("announcements")))
_RESERVED = frozenset(map(fold, word_list("reserved")))
_LONGEST_LEAD = 300
_LONGEST_TITLE = 255
"""Bytes of a title of MediaWiki; the target of a longer link does not exist."""
_TEMPLATE = re.compile(r"\{\{\s*+([^{}|\n<\[\]]++)")
_MARKS = re.compile(r"\[\[|\]\]|\{\{|\}\}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z]+)*+", re.ASCII)


def is_template(name: str) -> bool:
    """Whether pages with this template list meanings; its namespace may stand before the name."""
    folded = fold(name.rpartition(":")[2])
    return folded in _TEMPLATES or folded.endswith(" disambiguation")


def has_template(wikitext: str) -> bool:
    """Whether a page uses one of the templates."""
    return any(map(is_template, _TEMPLATE.findall(wikitext)))


def has_lead(text: str) -> bool:
    """Whether a page begins like a list of meanings, such as "X may refer to:"."""
    first = text.lstrip()[: _LONGEST_LEAD + 1].partition("\n")[0]
    if len(first) > _LONGEST_LEAD:
        return False
    folded = fold(first.replace("'", "").replace("*", ""))
    if any(phrase in folded for phrase in _ANNOUNCEMENTS):
        return True
    return folded.endswith(":") and any(phrase in folded for phrase in _LEADS)


def options(wikitext: str, is_reserved: Callable[[str], bool]) -> tuple[str, ...]:
    """The titles that the list items of a page link to: the first article of each item."""
    lines = _without_comments(wikitext).splitlines()
    items = (line for line in map(str.strip, lines) if line.startswith(("*", "#", ":", ";")))
    return unique(filter(None, (_first_title(item, is_reserved) for item in items)))


def unique(links: Iterable[str]) -> tuple[str, ...]:
    """The first titles among the targets of links, each once."""
    titles = (" ".join(link.replace("_", " ").split()) for link in links)
    possible = (title for title in titles if 0 < len(title) <= _LONGEST_TITLE)
    return tuple(islice(dict.fromkeys(possible), OPTIONS))


def is_reserved(prefix: str) -> bool:
    """Whether a prefix, before a colon, leads out of the articles of any wiki."""
    return fold(prefix) in _RESERVED or _LANGUAGE.fullmatch(prefix.strip()) is not None


def _first_title(item: str, is_reserved: Callable[[str], bool]) -> str:
    for link in _links(item):
        title = link.partition("|")[0].partition("#")[0].strip().removeprefix(":").strip()
        prefix, colon, _ = title.partition(":")
        if title and not (colon and is_reserved(prefix)):
            return title
    return ""


def _links(line: str) -> Iterator[str]:
    """The insides of the links of a line; last the innermost in a template or in another link."""
    starts: list[int] = []
    templates = last = 0
    inner: list[str] = []
    for mark in _MARKS.finditer(line):
        if mark[0] == "[[":
            starts.append(mark.end())
        elif mark[0] == "{{":
            templates += 1
        elif mark[0] == "}}":
            templates = max(0, templates - 1)
        elif starts:
            start = starts.pop()
            if not starts and not templates:
                yield line[start : mark.start()]
            elif start == last:
                inner.append(line[start : mark.start()])
        last = mark.end()
    yield from inner


def _without_comments(wikitext: str) -> str:
    first, *others = wikitext.split("<!--")
    return first + "".join(piece.partition("-->")[2] for piece in others)
