"""Words with signs inside: a tagger cuts AT&T, AC/DC and McDonald's into pieces."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final, NamedTuple

from app.stages.edges import trimmed
from app.stages.mentions import Mention

_LETTERS: Final = r"(?:[^\W\u02bc]|[\u0300-\u036f])++"
_CHUNK: Final = re.compile(
    rf"(?<![^\W\u02bc])(?<![\u0300-\u036f]){_LETTERS}"
    rf"(?:(?:[&/'\u2019\u02bc]|\$(?=[^\W\d_])){_LETTERS})++"
)
_SIGN: Final = re.compile(r"[&/$'\u2019\u02bc]")
_TAIL: Final = re.compile(r"['\u2019\u02bc](?:s|d|m|ll|re|ve)$", re.IGNORECASE)
_ACRONYM: Final = 4


class Unit(NamedTuple):
    """A word with signs inside; `stem` is where its 's, 'd or 'll begins, else its end."""

    start: int
    stem: int
    end: int
    head: str
    """The letters before the first sign."""
    sign: str
    """The first sign."""

    @property
    def is_whole(self) -> bool:
        """Whether all its pieces are one name whenever the last one is in it."""
        return self.sign in "&/$" or self.head == "O"


@dataclass
class Draft:
    """A name of one or more mentions; it ends at the stem of `unit`, whose 's is undecided.

    `marked` is 2 if the tagger has marked the 's together with the stem, 1 if by itself, else 0.
    """

    start: int
    end: int
    parts: list[Mention]
    unit: Unit | None = None
    marked: int = 0

    def keep_s(self) -> None:
        """End with the 's."""
        self.end = self.unit.end if self.unit else self.end

    def mention(self) -> Mention:
        """The mention, with the type of the highest score over its characters."""
        scores: dict[str, float] = {}
        for start, end, kind, score in self.parts:
            scores[kind] = scores.get(kind, 0) + score * (end - start)
        size = sum(part.end - part.start for part in self.parts)
        kind = max(scores, key=lambda one: scores[one])
        return Mention(self.start, self.end, kind, sum(scores.values()) / size)


class Units:
    """The words of a text that have signs inside."""

    def __init__(self, text: str, found: Sequence[Mention]) -> None:
        self.single = _single(text, found)
        places = {text[one.start : one.end] for one in found if one.type == "LOC"}
        last = max((one.end for one in found), default=0)
        chunks = takewhile(lambda match: match.start() < last, _CHUNK.finditer(text))
        self._units = [unit for match in chunks for unit in _units(match, self.single | places)]
        self._starts = [unit.start for unit in self._units]

    def at(self, place: int) -> Unit | None:
        """The unit that contains a character."""
        before = bisect_right(self._starts, place) - 1
        found = before >= 0 and place < self._units[before].end
        return self._units[before] if found else None


def _single(text: str, found: Sequence[Mention]) -> frozenset[str]:
    """The names that stand somewhere without a sign beside them."""
    return frozenset(
        text[start:end]
        for start, end, _, _ in found
        if not _SIGN.search(text[max(0, start - 1) : start + 1] + text[end - 1 : end + 1])
    )


def _units(match: re.Match[str], names: frozenset[str]) -> Iterator[Unit]:
    """The unit of a chunk. UK/US is two units, if one of them is a name of its own."""
    start = match.start()
    for part in [match[0]] if _is_acronym(match[0], names) else match[0].split("/"):
        if sign := _SIGN.search(part):
            stem = start + len(_TAIL.sub("", part))
            yield Unit(start, stem, start + len(part), part[: sign.start()], sign[0])
        start += len(part) + 1


def _is_acronym(chunk: str, names: frozenset[str]) -> bool:
    parts = _TAIL.sub("", chunk).split("/")
    return all(len(part) <= _ACRONYM and part.isupper() and part not in names for part in parts)


def drafts(text: str, found: Iterable[Mention]) -> list[Draft]:
    """The mentions in the order of the text, joined where they are pieces of one unit."""
    ordered = sorted(_trimmed(text, found))
    units = Units(text, ordered)
    made: list[Draft] = []
    for mention in ordered:
        draft = _draft(text, units, mention)
        first = units.at(mention.start)
        before = made[-1] if made else None
        if first and before and before.end > first.start:
            join(before, draft)
        else:
            draft.start = _start(text, first, mention, before.end if before else 0)
            made += [draft] if draft.start < draft.end else []
    return made


def _trimmed(text: str, found: Iterable[Mention]) -> Iterator[Mention]:
    for one in found:
        start, end = trimmed(text, one.start, one.end)
        if start < end:
            yield one._replace(start=start, end=end)


def _draft(text: str, units: Units, mention: Mention) -> Draft:
    """A mention up to the end of the stem that it ends in; a name of its own stays as it is."""
    draft = Draft(mention.start, mention.end, [mention])
    last = units.at(mention.end - 1)
    inside = last is not None and mention.end < last.stem and not last.is_whole
    if last is None or (inside and text[mention.start : mention.end] in units.single):
        return draft
    draft.end = last.stem
    if text[last.stem + 1 : last.end] in ("s", "S"):
        draft.unit = last
        draft.marked = (1 + (mention.start < last.stem)) * (mention.end == last.end)
    return draft


def join(draft: Draft, other: Draft) -> None:
    """Add another piece to a name."""
    draft.end = max(draft.end, other.end)
    draft.parts += other.parts
    draft.marked = max(other.marked, draft.marked if other.unit is draft.unit else 0)
    draft.unit = other.unit


def _start(text: str, unit: Unit | None, mention: Mention, least: int) -> int:
    """Where a name begins that begins in a unit: at the unit's start, if that is one name."""
    start = mention.start
    if unit is not None and start >= unit.stem:
        beyond = mention.end > unit.end and unit.start >= least and text[unit.start].isupper()
        start = unit.start if beyond else unit.end
    elif unit is not None and unit.is_whole:
        start = unit.start
    return max(start, least)
