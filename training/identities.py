"""Words for groups of people: read from identities.txt, and swapped at random in training.

The tone of a sentence should not depend on whom it is about. A model trained on EmoBank's
sentences, some of them news headlines of 2007, learns that it does.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

FILE: Final = Path(__file__).parent / "identities.txt"
_WORD: Final = re.compile(r"[^\W_]+")


class Section(NamedTuple):
    """The terms of one group in one grammatical form, such as religion and adjective."""

    group: str
    form: str
    terms: tuple[str, ...]
    exact: frozenset[str]  # terms that have another meaning in lower case


@cache
def sections() -> tuple[Section, ...]:
    """The sections of identities.txt."""
    found = []
    lines = FILE.read_text(encoding="utf-8").splitlines()
    for block in "\n".join(line for line in lines if not line.startswith("#")).split("[")[1:]:
        head, _, body = block.partition("]")
        group, form = head.split()
        terms = [" ".join(term.split()) for term in body.split(",")]
        plain = tuple(term.removesuffix("!") for term in terms)
        exact = frozenset(term[:-1] for term in terms if term.endswith("!"))
        found.append(Section(group, form, plain, exact))
    return tuple(found)


def terms(group: str, form: str) -> tuple[str, ...]:
    """The terms of a group in a form."""
    return next(one.terms for one in sections() if (one.group, one.form) == (group, form))


@cache
def _owners() -> dict[str, Section]:
    """The section of each term; in lower case, too, where that has no other meaning."""
    spelled = {term: one for one in sections() for term in one.terms}
    loose = {term.lower(): one for one in sections() for term in one.terms if term not in one.exact}
    return {**loose, **spelled}


@cache
def _longest() -> int:
    return max(len(_WORD.findall(term)) for term in _owners())


def _places(text: str) -> Iterator[tuple[int, int, Section]]:
    """Start, end and section of each term in a text, the longest at each place."""
    words = [match.span() for match in _WORD.finditer(text)]
    at = 0
    while at < len(words):
        start = words[at][0]
        for last in range(min(at + _longest(), len(words)) - 1, at - 1, -1):
            end = words[last][1]
            name = text[start:end]
            owner = _owners().get(name) or _owners().get(name.lower())
            if owner and not (name.islower() and name in owner.exact):
                yield start, end, owner
                at = last
                break
        at += 1


def named(text: str) -> bool:
    """Whether the text contains a term of a group; terms of gender are too common to count."""
    return any(section.group != "gender" for _, _, section in _places(text))


def swap(text: str, rng: Random) -> str:
    """The text with each term replaced by a random one of its section, the same at each place."""
    drawn: dict[str, str] = {}
    parts, end = [], 0
    for start, after, section in _places(text):
        name = text[start:after]
        other = drawn.setdefault(name.lower(), rng.choice(section.terms))
        parts += [text[end:start], other[:1].upper() + other[1:] if name[0].isupper() else other]
        end = after
    return "".join([*parts, text[end:]])
