"""From a tagger's mentions to the whole names that they are pieces of."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from app.stages.edges import of_person, trimmed
from app.stages.mentions import Mention
from app.stages.persons import PERSON, TITLES
from app.stages.possessives import decide
from app.stages.spelling import key, word_set, words
from app.stages.units import Draft, drafts, join

_SAINT: Final = re.compile(r"(?<![\w.])(?:St|Ste|Sta|Mt|Ft)\. ?$")
_SAINTS: Final = frozenset({"St", "Ste", "Sta", "Mt", "Ft"})
_HEADS: Final = word_set(
    "Abbey Arms Bay Beach Bench Bridge Bush Cabin Castle Cathedral Chapel Church College Corner"
    " Court Creek Cross Day Digest End Gate Hall Head Hill Hospital House Island Landing Lane List"
    " Market Park Peak Pier Point Road School Secret Square Street University Wharf"
)
"""Nouns that end names with a possessive: King's College."""
_FIRM: Final = "ORG"
_PLACE: Final = "LOC"
_LONGEST: Final = 5
"""Characters of "Ste. "."""
_MOST: Final = 50
"""Pieces of a name. A run of more is no name, and each piece costs the time of all before it."""
_GOES_ON: Final = re.compile("[!?](?:,|['\u2019]s\\b| ([^\\W\\d_]))")


def whole_names(text: str, found: Iterable[Mention]) -> list[Mention]:
    """The names of an article in the order of its text. Each is a range of it; none overlap."""
    made = list(_glued(text, drafts(text, found)))
    decide(text, made)
    named: list[Mention] = []
    for draft in made:
        start, end = trimmed(text, max(draft.start, named[-1].end if named else 0), draft.end)
        mention = draft.mention()
        if mention.type == PERSON:
            start, end = of_person(text, start, end)
        if start < end:
            named.append(mention._replace(start=start, end=end))
    return _with_signs(text, named)


def _glued(text: str, made: Iterable[Draft]) -> Iterator[Draft]:
    """Joins Frenchman's and Creek, St. and Helena, Queen and Victoria; a tagger divides them."""
    before: Draft | None = None
    for draft in made:
        if before and len(before.parts) < _MOST and _joined(text, before, draft):
            continue
        if before:
            yield before
        if saint := _SAINT.search(text, max(0, draft.start - _LONGEST), draft.start):
            draft.start = max(saint.start(), before.end if before else 0)
        before = draft
    if before:
        yield before


def _joined(text: str, before: Draft, draft: Draft) -> bool:
    """Whether a draft is one name with the one before it, which is then longer."""
    kind = None
    if _is_head(text, before, draft):
        kind = draft.mention().type
    elif _is_firm(text, before, draft):
        kind = _FIRM
    elif not _are_one(text, before, draft):
        return False
    join(before, draft)
    before.parts = [part._replace(type=kind or part.type) for part in before.parts]
    return True


def _is_head(text: str, before: Draft, draft: Draft) -> bool:
    """Whether King's and College are one; Cuba's House of Deputies is of Cuba."""
    if before.unit is None or text[before.unit.end : draft.start] != " ":
        return False
    first, *more = text[draft.start : draft.end].split() or [""]
    place = before.parts[-1].type == _PLACE
    return first in _HEADS and not (more and (place or more[0] == "of"))


def _are_one(text: str, before: Draft, draft: Draft) -> bool:
    start = before.unit.end if before.unit else before.end
    gap, kinds = text[start : draft.start], {before.parts[-1].type, draft.parts[0].type}
    word = text[before.start : before.end].rstrip(". ")
    if not text[draft.start : draft.start + 1].isupper():
        return False
    if word in _SAINTS:
        return gap in ("", " ", ".", ". ")
    title = word.casefold() in TITLES and kinds == {PERSON}
    return gap == " " and (title or (before.marked > 1 and len(kinds) == 1))


def _is_firm(text: str, before: Draft, draft: Draft) -> bool:
    """Whether two names are one: Johnson & Johnson."""
    places = before.parts[-1].type == draft.parts[0].type == _PLACE
    capitals = text[before.start].isupper() and text[draft.start].isupper()
    return text[before.end : draft.start] == " & " and capitals and not places


def _with_signs(text: str, named: Sequence[Mention]) -> list[Mention]:
    """Yahoo! with its sign, if somewhere the sentence goes on after it."""
    signed = [one for one in named if text[one.end : one.end + 1] in ("!", "?")]
    whole = {_key(text, one) for one in signed if _goes_on(text, one.end)}
    ends = {one.end for one in signed if _key(text, one) in whole}
    return [one._replace(end=one.end + (one.end in ends)) for one in named]


def _goes_on(text: str, end: int) -> bool:
    follows = _GOES_ON.match(text, end)
    return follows is not None and (follows[1] is None or follows[1].islower())


def _key(text: str, mention: Mention) -> str:
    return key(words(text[mention.start : mention.end]))
