"""From the mentions in an article to its names: each once, with its spellings and places."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Final, NamedTuple

from app.core.values import Entity, Place
from app.stages.abbreviations import abbreviations
from app.stages.completions import completed
from app.stages.mentions import Mention
from app.stages.persons import PERSON, Form, persons, surnames
from app.stages.spelling import key, words
from app.stages.whole_names import whole_names

_DIGITS: Final = 4  # int8 scores vary with the padding beyond these digits
_RARE: Final = 4
"""A name is rare if another spelling is more than so many times as frequent."""


class _Group:
    """The mentions of one name, apart from case, accents and signs."""

    def __init__(self, text: str, key: str, mentions: Sequence[Mention]) -> None:
        self.key = key
        self.mentions = mentions
        self._text = text

    @cached_property
    def spelling(self) -> str:
        """The most frequent spelling."""
        spellings = Counter(self._text[one.start : one.end] for one in self.mentions)
        return spellings.most_common(1)[0][0]

    @cached_property
    def form(self) -> Form:
        """The name as that of a person."""
        return Form.of(self.key, words(self.spelling), self.mentions[0].start)


class _Name(NamedTuple):
    """The groups of one name, with its type, its score and all its mentions in order."""

    groups: Sequence[_Group]
    mentions: Sequence[Mention]
    type: str
    score: float

    @classmethod
    def of(cls, groups: Sequence[_Group]) -> "_Name":
        """The name of these groups."""
        mentions = sorted(one for group in groups for one in group.mentions)
        kind, scores = _type(mentions)
        score = min(1.0, round(sum(scores) / len(scores), _DIGITS))
        return cls(groups, mentions, kind, score)

    @property
    def rank(self) -> tuple[int, float, int]:
        """Its place among the names: the most frequent come first."""
        return -len(self.mentions), -self.score, self.mentions[0].start


def merge(text: str, found: Iterable[Mention], min_score: float, limit: int) -> tuple[Entity, ...]:
    """The distinct names of an article, the most frequent first.

    Lower-case names are dropped: the embedded model is wrong about four in five of them. Mentions
    that differ only in case, accents or signs are one name, and so are the names of one person. A
    name's count includes mentions of every type; its score is the mean over those of its own type.
    """
    whole = completed(text, whole_names(text, found))
    groups = _groups(text, whole)
    people = persons(one.form for one in groups if _type(one.mentions)[0] == PERSON)
    owners = people | abbreviations(text, whole)
    named: defaultdict[str, list[_Group]] = defaultdict(list)
    for group in groups:
        owner = owners.get(group.key, group.key)
        named[owners.get(owner, owner)].append(group)
    made = (_Name.of(some) for some in named.values())
    ranked = sorted((one for one in made if one.score >= min_score), key=lambda one: one.rank)
    return tuple(_entity(text, one) for one in ranked[:limit])


def _groups(text: str, named: Iterable[Mention]) -> list[_Group]:
    spelled: defaultdict[str, list[Mention]] = defaultdict(list)
    for one in named:
        spelled[text[one.start : one.end]].append(one)
    groups: defaultdict[str, list[Mention]] = defaultdict(list)
    for surface, mentions in spelled.items():
        if any(map(str.isalpha, surface)) and not surface.islower():
            groups[key(words(surface))] += mentions
    return [_Group(text, name, sorted(some)) for name, some in groups.items() if name]


def _type(mentions: Iterable[Mention]) -> tuple[str, list[float]]:
    """The type of the highest total score, and the scores of its mentions."""
    scores: defaultdict[str, list[float]] = defaultdict(list)
    for one in mentions:
        scores[one.type].append(one.score)
    return max(scores.items(), key=lambda item: sum(item[1]))


def _entity(text: str, name: _Name) -> Entity:
    spellings = Counter(text[one.start : one.end] for one in name.mentions)
    shown = _fullest(name.groups).spelling
    return Entity(
        text=shown,
        type=name.type,
        score=name.score,
        count=len(name.mentions),
        aliases=tuple(one for one, _ in spellings.most_common() if one != shown),
        mentions=tuple(Place(start=one.start, end=one.end) for one in name.mentions),
    )


def _fullest(groups: Sequence[_Group]) -> _Group:
    """The most frequent full name, the one without an initial or a title unless that is rare."""
    parts = surnames(one.form for one in groups)
    whole = [one for one in groups if one.form.core not in parts] or groups
    full = [one for one in whole if one.form.is_full] or whole
    most = max(len(one.mentions) for one in full)
    known = [one for one in full if len(one.mentions) * _RARE >= most]
    return max(
        known,
        key=lambda one: (
            one.form.is_spelled_out,
            len(one.mentions),
            len(one.form.core),
            one.spelling,
        ),
    )
