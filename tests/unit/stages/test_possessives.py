import pytest

from app.stages.possessives import decide
from app.stages.units import drafts
from tests.support.marked import marked


def decided(source: str) -> set[str]:
    """The names in a text."""
    text, found = marked(source)
    made = drafts(text, found)
    decide(text, made)
    return {text[one.start : one.end] for one in made}


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("She works at [McDonald's|ORG].", "McDonald's"),
        ("She works at [McDonald|ORG]'[s|ORG].", "McDonald's"),
        ("[Macy's|ORG] is a store", "Macy's"),
        ("[Macy\u2019s|ORG] is a store", "Macy\u2019s"),
        ("[Lloyd]['s|ORG] of London", "Lloyd's"),
        ("[Wendy's|ORG] announced a burger", "Wendy's"),
        ("the [McDonald|ORG]'s menu, sold by [McDonald's|ORG] since 1955", "McDonald's"),
        ("[LLOYD'S|ORG] of London", "LLOYD'S"),
        ("He ate at [Domino|ORG]'s.", "Domino's"),
        ("[Foyle|PER]'s is a shop", "Foyle's"),
        ("[Phillips]\u2019s auctioned the vase", "Phillips\u2019s"),
        ("[Foyle|LOC]'s sells its books", "Foyle's"),
    ],
)
def test_an_s_that_the_tagger_marks_or_no_noun_follows_is_part_of_the_name(
    source: str, name: str
) -> None:
    assert decided(source) == {name}


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("[Einstein]'s theory", "Einstein"),
        ("[Einstein]'[s] theory", "Einstein"),
        ("[Einstein]'s 1905 papers", "Einstein"),
        ("[Beethoven]'s \u201cEroica\u201d", "Beethoven"),
        ("The book is [Tolkien]'s.", "Tolkien"),
        ("[Germany|LOC]'s and [Germany|LOC]'s armies", "Germany"),
        ("[Babbage]\u2019s engine", "Babbage"),
        ("[Einstein's] theory. [Einstein] spoke. [Einstein] wrote.", "Einstein"),
        ("[Einstein's] theory, [Einstein]'s work and [Einstein]'s life; [Einstein]", "Einstein"),
        ("[Levi]'s-style", "Levi"),
        ("[Ada]'s is here. [Ada] left. [Ada] came.", "Ada"),
        ("In [Ada]'s days the looms ran", "Ada"),
        ("[Levi|ORG]'s then-new jeans", "Levi"),
        ("The idea was [NASA|ORG]'s. [NASA|ORG] agreed.", "NASA"),
    ],
)
def test_a_possessive_is_no_part_of_the_name(source: str, name: str) -> None:
    assert decided(source) == {name}


def test_a_name_is_read_alike_in_the_whole_article() -> None:
    source = "[Sotheby|ORG]'s catalogue. [Sotheby's|ORG] of London. At [Sotheby's|ORG]."
    assert decided(source) == {"Sotheby's"}
