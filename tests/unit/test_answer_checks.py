"""The checks of answers find each fault that they are for."""

import pytest

from app.core.values import Article, Digest, Entities, Entity, Place, Read, Summary, combine
from tests.support import fakes
from tests.support.answer_checks import faults, is_list, names_faults, summary_faults

TEXT = "Ada met Bob (an aide) in Rome. Then Ada left St. Ives for Bath. He stayed."
FIRST, SECOND, THIRD = Place(start=0, end=30), Place(start=31, end=63), Place(start=64, end=74)
READ = Read(characters=len(TEXT), of=len(TEXT))
ARTICLE = fakes.article(text=TEXT)


def ada(**changes: object) -> Entities:
    """The name Ada, which stands twice in TEXT."""
    places = (Place(start=0, end=3), Place(start=36, end=39))
    given = {"text": "Ada", "type": "PER", "score": 1, "count": 2, "mentions": places, **changes}
    return Entities(items=(Entity.model_validate(given),), read=READ)


def summary(*places: Place, text: str | None = None) -> Summary:
    """A summary of these pieces of TEXT."""
    pieces = (TEXT[place.start : place.end] for place in places)
    shown = " ".join(pieces) if text is None else text
    return Summary(text=shown, method="extractive", read=READ, sentences=places)


def digest(summary: Summary | None = None, entities: Entities | None = None) -> Digest:
    return combine(ARTICLE, term="Ada", ms={}, summary=summary, entities=entities)


def test_a_right_answer_has_no_faults() -> None:
    assert faults(ARTICLE, digest(summary=summary(FIRST, SECOND), entities=ada())) == []


def test_a_part_that_is_missing_without_a_reason_is_a_fault() -> None:
    assert faults(ARTICLE, digest()) == ["no summary, and no reason", "no names, and no reason"]


def test_reading_more_than_there_is_is_a_fault() -> None:
    long = ada().model_copy(update={"read": Read(characters=80, of=len(TEXT))})
    found = faults(ARTICLE, digest(summary=summary(FIRST), entities=long))
    assert found == ["Entities: characters=80 of=74"]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"count": 3}, "count is 3"),
        ({"text": "Adam"}, "stands as ['Ada']"),
        ({"aliases": ("Eve",)}, "stands nowhere as ['Eve']"),
        ({"mentions": (Place(start=36, end=39), Place(start=0, end=3))}, "not in order"),
        ({"text": "da", "count": 1, "mentions": (Place(start=1, end=3),)}, "cuts a word"),
        ({"text": "Ad", "count": 1, "mentions": (Place(start=0, end=2),)}, "cuts a word"),
    ],
)
def test_a_name_that_is_not_where_it_says_is_a_fault(
    changes: dict[str, object], fault: str
) -> None:
    assert fault in " ".join(names_faults(TEXT, ada(**changes)))


def test_a_name_that_loses_an_accent_is_a_fault() -> None:
    cut = ada(text="e", count=1, mentions=(Place(start=0, end=1),))
    assert names_faults("e\u0301", cut) == ["'e': cuts a character at 1"]


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        (summary(), "empty"),
        (summary(text="Ada"), "no sentences"),
        (summary(FIRST, text="Ada met ( in Rome."), "lacks"),
        (summary(FIRST, text=f"So: {TEXT[:30]}"), "more than its sentences"),
        (summary(SECOND, FIRST), "not in order"),
        (summary(Place(start=4, end=30)), "begins inside a sentence"),
        (summary(Place(start=13, end=30)), "begins inside a sentence"),
        (summary(Place(start=49, end=63)), "begins after"),
        (summary(Place(start=0, end=21)), "does not end"),
        (summary(THIRD), "begins with a reference"),
        (summary(FIRST, text="a " * 90), "90 words"),
        (summary(FIRST, text="Ada ( ) met"), "an empty bracket"),
        (summary(FIRST, text="Ada ( x) met"), "a space in a bracket"),
        (summary(FIRST, text="Ada , met"), "a space before a mark"),
        (summary(FIRST, text="Ada,, met"), "a doubled mark"),
        (summary(FIRST, text=r"Ada \leq met"), "TeX"),
        (summary(FIRST, text="Ada\nmet"), "white space"),
        (summary(FIRST, text="Ada met.[]"), "an empty citation"),
    ],
)
def test_a_summary_with_a_hole_or_a_cut_sentence_is_a_fault(given: Summary, fault: str) -> None:
    assert fault in " ".join(summary_faults(ARTICLE, given))


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "Ann Dee\n\nBea Jay, Rome (1804)\n\nDr. Cee Kay", True),
        ("en", "Ann Dee\n\nBea Jay was a poet.", False),
        ("ja", "青浜\n\n高瀬町", True),
        ("ja", "青浜は町である。", False),
        ("th", "เมืองฟ้าใสเป็นเมืองเก่า", False),
    ],
)
def test_a_list_has_no_line_that_ends_like_a_sentence(
    language: str, text: str, *, expected: bool
) -> None:
    article = fakes.article(text=text).model_copy(update={"language": language})
    assert is_list(article) is expected


@pytest.mark.parametrize(
    ("language", "text", "end", "ends"),
    [
        ("ja", "青浜は町である。古い寺が多い。", 8, True),
        ("ja", "青浜は町である。古い寺が多い。", 7, False),
        ("hi", "यह नगर है। वह ग्राम है।", 10, True),
        ("th", "เมืองฟ้าใสเป็นเมืองเก่า แผนที่แสดงท่าเรือ", 23, True),
        ("th", "เมืองฟ้าใสเป็นเมืองเก่า แผนที่แสดงท่าเรือ", 21, False),
        ("el", "Ποιος μέτρησε; Το λιμάνι.", 14, True),
    ],
)
def test_a_sentence_ends_as_its_language_ends_it(
    language: str, text: str, end: int, *, ends: bool
) -> None:
    article: Article = fakes.article(text=text).model_copy(update={"language": language})
    place = Place(start=0, end=end)
    given = summary(place, text=text[:end]).model_copy(update={"sentences": (place,)})
    assert ("does not end" in " ".join(summary_faults(article, given))) is not ends
