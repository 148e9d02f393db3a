"""The names of one person: Lovelace, A. Lovelace and Lady Lovelace are Ada Lovelace."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from app.stages.spelling import is_initial, word_set

_MALE: Final = word_set("baron count herr lord monsieur mr senor sir")
_FEMALE: Final = word_set("baroness countess dame frau lady madame miss mme mrs ms senora")
_OFFICES: Final = word_set(
    "admiral archbishop archduke bishop capt captain chancellor col colonel dr gen general governor"
    " judge justice lieutenant lt major marshal minister president prof professor rev reverend"
    " senator sergeant sgt"
)
_BEFORE_SURNAMES: Final = _MALE | _FEMALE | _OFFICES
_RANKS: Final = word_set(
    "duchess duke earl emperor empress king marquess pope prince princess queen saint"
    " st sultan tsar viscount"
)
"""Belong to a name: King Charles is no Charles Babbage."""
TITLES: Final = _BEFORE_SURNAMES | _RANKS
PERSON: Final = "PER"
"""The type of persons."""
_SONS: Final = word_set("jr junior")
_JUNIOR: Final = _SONS | word_set("sr senior")
_NUMERALS: Final = word_set(
    "ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx xxi xxii xxiii"
)
_PARTICLES: Final = word_set(
    "al bin da de del della den der di dos du el ibn la le ten ter van von"
)
_MOST_WORDS: Final = 8
_CROWD: Final = 16
"""Among more persons with one initial and surname, nobody can tell who is meant."""


class Form(NamedTuple):
    """A name of a person: its key, the offset where it first stands, and its words."""

    key: str
    at: int
    titles: tuple[str, ...]
    core: tuple[str, ...]
    suffix: str

    @classmethod
    def of(cls, key: str, words: tuple[str, ...], at: int) -> "Form":
        """The form of a name."""
        count = next(at for at in range(len(words)) if _is_name(words, at))
        core = words[count:]
        *given, last = core
        many = len(given) > 1 + (core[0] in _RANKS)
        junior = (given and last in _JUNIOR) or (many and last in _NUMERALS)
        suffix = last if junior else ""
        return cls(key, at, words[:count], core[:-1] if suffix else core, suffix)

    @property
    def is_full(self) -> bool:
        """Whether it has more than a first name or a surname."""
        return len(self.core) > 1

    @property
    def is_spelled_out(self) -> bool:
        """Whether it begins with a whole word, and not with a title."""
        return not (self.titles or is_initial(self.core[0]))

    @property
    def is_holder(self) -> bool:
        """Whether it is a title without a name: the Countess of Lovelace."""
        return self.is_full and self.core[1] == "of" and self.core[0] in TITLES

    @property
    def ends(self) -> tuple[str, str]:
        """The first and the last word."""
        return self.core[0], self.core[-1]


def _is_name(words: Sequence[str], at: int) -> bool:
    """Whether a word is no title before a name. A Countess of Lovelace has only the title."""
    following = words[at + 1 : at + 2]
    return words[at] not in _BEFORE_SURNAMES or following in ((), ("of",))


class _Persons:
    """The persons of an article by the words of their full names."""

    def __init__(self) -> None:
        self._by_ends: defaultdict[tuple[str, str], list[list[Form]]] = defaultdict(list)
        self._by_letter: defaultdict[tuple[str, str], list[list[Form]]] = defaultdict(list)
        self._by_end: defaultdict[tuple[str, ...], list[list[Form]]] = defaultdict(list)
        self._by_first: defaultdict[str, list[list[Form]]] = defaultdict(list)

    def add(self, form: Form) -> list[Form]:
        """The forms of the one person whom a full name fits, now with it; else a new person."""
        known = [one for one in self._near(form) if _fits(form, one)]
        person = known[0] if len(known) == 1 else []
        person.append(form)
        self._index(form, person)
        return person

    def called(self, form: Form) -> list[Form] | None:
        """The forms of the one person with this first name or surname.

        After Dr. is a surname. A first name alone is that of nobody who is named only later.
        """
        ends = self._by_end[form.core][:2]
        firsts = [] if set(form.titles) & _OFFICES else self._by_first[form.core[0]]
        some = _distinct([*ends, *firsts[:2]])
        known = len(some) == 1 and (ends or any(one.at < form.at for one in some[0]))
        return some[0] if known else None

    def _near(self, form: Form) -> list[list[Form]]:
        first, last = form.ends
        if is_initial(first):
            some = self._by_letter[first, last]
        else:
            some = self._by_ends[first, last] + self._by_ends[first[0], last]
        longer = [one for one in self._by_end[form.core] if _is_end_of(form, one)]
        near = _distinct(some + longer)
        return near if len(near) <= _CROWD else []

    def _index(self, form: Form, person: list[Form]) -> None:
        first, last = form.ends
        _note(self._by_ends[first, last], person)
        _note(self._by_letter[first[0], last], person)
        for at in range(1, len(form.core)):
            _note(self._by_end[form.core[at:]], person)
        if not (is_initial(first) or first in _PARTICLES | _RANKS):
            _note(self._by_first[first], person)


def _note(persons: list[list[Form]], person: list[Form]) -> None:
    if len(persons) <= _CROWD and all(one is not person for one in persons):
        persons.append(person)


def _distinct(persons: Iterable[list[Form]]) -> list[list[Form]]:
    return list({id(one): one for one in persons}.values())


def _is_end_of(form: Form, person: list[Form]) -> bool:
    """Whether a person's name goes on before this one: Ludwig van Beethoven.

    Without a particle it must have come first: García Márquez follows Gabriel García Márquez, but
    Hans Albert Einstein is not Albert Einstein.
    """
    count = len(form.core)
    longer = [one for one in person[:_CROWD] if one.core[-count:] == form.core]
    return any(
        form.core[0] in _PARTICLES or set(one.core[:-count]) <= _RANKS or one.at < form.at
        for one in longer
    )


def _fits(form: Form, person: list[Form]) -> bool:
    return all(_alike(form, one) for one in person[:_CROWD])


def _alike(form: Form, other: Form) -> bool:
    """Whether nothing tells two names with one surname apart: John Kennedy, J. F. Kennedy."""
    if form.suffix != other.suffix and not _may_drop_suffix(form, other):
        return False
    middle, others = form.core[1:-1], other.core[1:-1]
    if not (middle and others and _same(form.core[0], other.core[0])):
        return True
    return len(middle) == len(others) and all(map(_same, middle, others))


def _may_drop_suffix(form: Form, other: Form) -> bool:
    """Whether one name is the other without its suffix; the plain name before a II is another's."""
    plain, longer = sorted((form, other), key=lambda one: one.suffix)
    return not plain.suffix and (longer.suffix in _SONS or longer.at < plain.at)


def _same(word: str, other: str) -> bool:
    return word == other or (is_initial(min(word, other, key=len)) and word[0] == other[0])


def persons(forms: Iterable[Form]) -> dict[str, str]:
    """For the key of each name the key of the fullest name of that person.

    A name that fits two persons joins neither.
    """
    ordered = sorted(
        forms, key=lambda one: (-sum(map(len, one.core)), not one.suffix, one.core, one.key)
    )
    known = _Persons()
    kept = [one for one in ordered if len(one.core) <= _MOST_WORDS and not one.is_holder]
    owner = {one.key: known.add(one)[0].key for one in kept if one.is_full}
    alone: dict[tuple[str, ...], str] = {}
    mixed = _mixed(kept)
    for one in kept:
        if not one.is_full and not (one.titles and one.core in mixed):
            person = known.called(one)
            owner[one.key] = person[0].key if person else alone.setdefault(one.core, one.key)
    return owner


def _mixed(forms: Iterable[Form]) -> set[tuple[str, ...]]:
    """The surnames of both a Mr. and a Mrs."""
    male, female = set(), set()
    for form in forms:
        male |= {form.core} if set(form.titles) & _MALE else set()
        female |= {form.core} if set(form.titles) & _FEMALE else set()
    return male & female


def surnames(forms: Iterable[Form]) -> set[tuple[str, ...]]:
    """The names that are only a part of another one of these: first names and surnames."""
    cores = [one.core for one in forms if 1 < len(one.core) <= _MOST_WORDS]
    ends = {core[at:] for core in cores for at in range(1, len(core))}
    return ends | {core[:1] for core in cores}
