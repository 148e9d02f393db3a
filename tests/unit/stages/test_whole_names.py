from itertools import pairwise

import pytest

from app.stages.whole_names import whole_names
from tests.support.marked import marked


def names(source: str) -> list[str]:
    """The whole names of a text with marks."""
    text, found = marked(source)
    return [text[one.start : one.end] for one in whole_names(text, found)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("In St. [Helena|LOC] he died", ["St. Helena"]),
        ("In [St.|ORG] [John|LOC]['|ORG][s|LOC], he died", ["St. John's"]),
        ("[St|LOC] [John's College|ORG]", ["St John's College"]),
        ("He climbed Mt. [Everest|LOC].", ["Mt. Everest"]),
        ("On [Wall St.|LOC] [Apple|ORG] fell", ["Wall St.", "Apple"]),
        ("[Queen] [Victoria] reigned", ["Queen Victoria"]),
        ("[Sir] [Isaac.]", ["Sir Isaac"]),
        ("[Ada] [Charles]", ["Ada", "Charles"]),
        ("[Queen|ORG] [Victoria]", ["Queen", "Victoria"]),
        ("[Frenchman's|LOC] [Creek|LOC]", ["Frenchman's Creek"]),
        ("[Moscow|LOC]'s [Red Square|LOC]", ["Moscow", "Red Square"]),
        ("[. Darcy] left", ["Darcy"]),
        ("[Johnson] & [Johnson] grew", ["Johnson & Johnson"]),
        ("[Ernst] [& Young|ORG] grew", ["Ernst & Young"]),
        ("[Berlin|LOC] & [Paris|LOC]", ["Berlin", "Paris"]),
        ("[Wendy's.|ORG] At [Wendy's|ORG].", ["Wendy's", "Wendy's"]),
        ("[...] [Ada]", ["Ada"]),
        ("[Gallows|LOC]'s [Hill|LOC]", ["Gallows's Hill"]),
        ("[Trinity]'s [Hall Library|ORG]", ["Trinity's Hall Library"]),
        ("[Oslo|LOC]'s [Park Hotel|ORG]", ["Oslo", "Park Hotel"]),
        ("[Cuba|LOC]'s [House of Deputies|ORG]", ["Cuba", "House of Deputies"]),
    ],
)
def test_pieces_that_a_tagger_divides_are_joined(source: str, expected: list[str]) -> None:
    assert names(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("[Yahoo!|ORG] was founded. He left [Yahoo!|ORG] She left.", ["Yahoo!", "Yahoo!"]),
        ("[Wham|ORG]!, a band", ["Wham!"]),
        ("[Yahoo|ORG]!'s search", ["Yahoo!"]),
        ("Hail, [Ada]! She came.", ["Ada"]),
        ("\u201cHail, [Ada!]\u201d he said.", ["Ada"]),
    ],
)
def test_a_sign_after_which_the_sentence_goes_on_is_part_of_the_name(
    source: str, expected: list[str]
) -> None:
    assert names(source) == expected


def test_a_name_that_ends_in_a_thing_has_the_type_of_the_thing() -> None:
    (college,) = whole_names(*marked("[Ada]'s [College|ORG]"))
    assert college.type == "ORG"


def test_names_do_not_overlap_even_if_mentions_do() -> None:
    text, found = marked("[Ada Lovelace] met")
    twice = [*found, found[0]._replace(end=3), found[0]._replace(start=2)]
    spans = [(one.start, one.end) for one in whole_names(text, twice)]
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


def test_two_persons_joined_by_an_ampersand_are_an_organisation() -> None:
    (firm,) = whole_names(*marked("[Simon] & [Garfunkel] sang"))
    assert firm.type == "ORG"
