"""Whether an 's belongs to a name: McDonald's, but not Einstein's theory."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final

from app.stages.edges import trimmed
from app.stages.spelling import key, word_set, words
from app.stages.units import Draft

_NEXT: Final = re.compile("[^\\S\n]?(\\w+(?:-\\w+)?)|[^\\S\n][\"'\u2018\u201c\u00ab]|-")
_NEUTRAL: Final = word_set("and or nor")
_CLOSED: Final = word_set(
    "a about after also among an are as at be because been before but by can could did do does"
    " during for from had has have he her his if in into is it its may might must not of on over"
    " she should since so than that the their then there they this through to under until was were"
    " what when where which while who will with would"
)
"""Words that no noun phrase begins with after a possessive."""
_VERB: Final = re.compile(
    r"[^\S\n](?:(?:is|are|was|were|has|had)\b"
    r"|(?:\w{1,20}ed|became|bought|made|makes|owns|runs|sells|sold|took|won)"
    r"[^\S\n](?:an?|her|his|its|the|their)\b)"
)
"""A verb, of which the name is the subject."""


def decide(text: str, drafts: Sequence[Draft]) -> None:
    """End each name with or without its 's, alike in the whole article.

    For: the tagger marks it, or a verb or no noun follows, or the name never stands without it.
    Against: the tagger does not mark it, a noun follows, or the name stands without it.
    """
    with_s, without = _by_name(text, drafts)
    for name, some in with_s.items():
        if _belongs(text, some, without[name]):
            for draft in some:
                draft.keep_s()


def _by_name(text: str, drafts: Sequence[Draft]) -> tuple[dict[str, list[Draft]], Counter[str]]:
    """The drafts with an 's by name, and how often the names stand without."""
    keys: dict[str, str] = {}
    with_s: defaultdict[str, list[Draft]] = defaultdict(list)
    without: Counter[str] = Counter()
    for draft in drafts:
        start, end = trimmed(text, draft.start, draft.end)
        surface = text[start:end]
        name = keys[surface] = keys.get(surface) or key(words(surface))
        if draft.unit:
            with_s[name].append(draft)
        else:
            without[name] += 1
    return with_s, without


def _belongs(text: str, drafts: Sequence[Draft], without: int) -> bool:
    if not without and any(draft.marked > 1 or _is_subject(text, draft) for draft in drafts):
        return True
    firm = not without and all(_is_firm(text, draft) for draft in drafts)
    return sum(_vote(text, draft) for draft in drafts) + firm > min(without, len(drafts))


def _is_subject(text: str, draft: Draft) -> bool:
    """Whether a verb follows: Macy's is a store."""
    return draft.unit is not None and _VERB.match(text, draft.unit.end) is not None


def _is_firm(text: str, draft: Draft) -> bool:
    """Whether an organisation's name is followed by no noun: she ate at Wendy's."""
    kinds = {part.type for part in draft.parts}
    return kinds == {"ORG"} and draft.unit is not None and _context(text, draft.unit.end) > 0


def _vote(text: str, draft: Draft) -> int:
    after = draft.unit.end if draft.unit else draft.end
    return (draft.marked or -1) + _context(text, after)


def _context(text: str, end: int) -> int:
    """+1 if what follows is no noun, -1 if it may be one, 0 in a list."""
    if (follows := _NEXT.match(text, end)) is None:
        return 0 if text[end : end + 1] == "," else 1
    return 0 if follows[1] in _NEUTRAL else 1 if follows[1] in _CLOSED else -1
