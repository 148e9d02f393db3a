"""Masks: the gate's tokenizer replaces words for groups of people, so that its model sees none.

A normalizer in tokenizer.json writes the same private-use character for every religion,
sexuality, disability, ethnicity and nationality, another for every country, and one for every
faith. Words that differ by gender become a common one. The marks use vocabulary rows that were
unused in the base. Offsets still refer to the text.
"""

import re
from collections.abc import Iterable
from typing import Final, TypeAlias

from tokenizers import Regex, Tokenizer, normalizers

from training.casemarks import cleaner, with_marks
from training.identities import Section, sections

_MARKS: Final = {
    "adjective": "\ue010",
    "people": "\ue010",
    "person": "\ue010",
    "place": "\ue011",
    "faith": "\ue012",
}
ROWS: Final = {"[unused10]": "\ue010", "[unused11]": "\ue011", "[unused12]": "\ue012"}

_BEFORE: Final = r"(?<![\p{L}\p{M}\p{N}])"
_AFTER: Final = r"(?![\p{L}\p{M}\p{N}])"
_ARTICLE: Final = _BEFORE + r"(?i:an)(?=  [\x{E010}-\x{E012}bcdfgj-np-tv-z])"
_PHRASE: Final = re.compile(r" (?:in|living|with|without) ")
_PEOPLE: Final = "(?:  (?:people|persons?))?"
_END: Final = ""  # the key of a tree's node at which a term may end
_LOOSE: Final = {" ": "[ -]", "'": "['\u2019]"}

Tree: TypeAlias = "dict[str, Tree]"


def replacement(section: Section) -> str:
    """What replaces the terms of a section: a mark, or its form if that is a word."""
    return _MARKS.get(section.form, section.form)


def rules() -> list[tuple[str, str]]:
    """Patterns and what replaces each.

    Phrases come first (a person with a disability). Names of places and faiths come before
    adjectives that they contain (hearing loss, hearing); terms that depend on case come last.
    """
    loose: dict[tuple[int, str], set[str]] = {}
    exact: dict[str, set[str]] = {}
    for one in sections():
        for term in set(one.terms) - one.exact:
            to = replacement(one)
            loose.setdefault((_rank(term, to), to), set()).add(term)
        exact.setdefault(replacement(one), set()).update(one.exact)
    ordered = sorted(loose.items(), key=lambda item: item[0][0])
    return [
        *((_whole(f"(?i:{pattern(terms)})"), to) for (_, to), terms in ordered),
        *((_whole(pattern(terms)), to) for to, terms in exact.items() if terms),
    ]


def _rank(term: str, to: str) -> int:
    if _PHRASE.search(term):
        return 0
    return 1 if to in (_MARKS["place"], _MARKS["faith"]) else 2


def _whole(inside: str) -> str:
    return f"{_BEFORE}{inside}{_AFTER}"


def pattern(terms: Iterable[str]) -> str:
    """A regular expression that matches the longest of many terms, by a tree of their letters."""
    root: Tree = {}
    for term in terms:
        node = root
        for letter in term.replace("-", " "):
            node = node.setdefault(letter, {})
        node[_END] = {}
    return _branches(root)


def _branches(node: Tree) -> str:
    some = [
        _LOOSE.get(letter, re.escape(letter)) + _branches(below)
        for letter, below in sorted(node.items())
        if letter != _END
    ]
    if not some:
        return ""
    joined = some[0] if len(some) == 1 and _END not in node else f"(?:{'|'.join(some)})"
    return f"{joined}?" if _END in node else joined


def normalizer() -> normalizers.Normalizer:
    """Cleans, replaces the terms, then lowercases and drops accents as the base.

    Several marks in a row, also with "people", are one: a deaf Sikh, Sikhs and Sikh people are
    alike. A replaced word has two spaces before it, by which the rule for "an" knows it.
    """
    masks = [normalizers.Replace(Regex(found), f" {to} ") for found, to in rules()]
    repeated = [
        normalizers.Replace(Regex(f"{one}(?:[ -]{{1,3}}{one})*{_PEOPLE}{_AFTER}"), one)
        for one in ROWS.values()
    ]
    article = normalizers.Replace(Regex(_ARTICLE), "a")
    lower = normalizers.BertNormalizer(clean_text=False, lowercase=True)
    composed = normalizers.NFC()  # the terms are composed
    return normalizers.Sequence([cleaner(), composed, *masks, *repeated, article, lower])


def mask_groups(tokenizer: Tokenizer) -> Tokenizer:
    """A copy of an uncased BERT tokenizer with the marks in its vocabulary and normalizer."""
    return with_marks(tokenizer, ROWS, normalizer())
