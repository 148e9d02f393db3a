import pytest

from app.stages.edges import of_person, trimmed
from tests.support.work import within

WOMAN = "\U0001f469\U0001f3fd\u200d\U0001f52c"


def kept(text: str) -> str:
    """The name in a text that a tagger has marked as a whole."""
    start, end = trimmed(text, 0, len(text))
    return text[start:end]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("James'", "James"),
        ('"Nature"', "Nature"),
        ("\u201cNature,\u201d", "Nature"),
        ("London.", "London"),
        ("U.S.", "U.S."),
        ("Ph.D.", "Ph.D."),
        ("Booking.com.", "Booking.com"),
        ("Web 2.0.", "Web 2.0"),
        ("Washington, D.C.", "Washington, D.C."),
        ("Martin Luther King Jr.", "Martin Luther King Jr."),
        ("Georgia (country)", "Georgia (country)"),
        ("(Georgia", "Georgia"),
        ("Georgia)", "Georgia"),
        ("(WHO)", "WHO"),
        ("O'Brien", "O'Brien"),
        ("\u2013 Paris", "Paris"),
        (". Darcy", "Darcy"),
        ("Nobel Prize in Physics of the", "Nobel Prize in Physics"),
        ("'t Hooft", "'t Hooft"),
        ("'s-Hertogenbosch", "'s-Hertogenbosch"),
        ("'Ada", "Ada"),
        ("C++", "C++"),
        ("C#,", "C#"),
        ("...", ""),
        ("", ""),
    ],
)
def test_quotes_single_brackets_and_small_words_are_left_out(text: str, name: str) -> None:
    assert kept(text) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("\U0001f389Paris\U0001f389", "Paris"),
        (f"{WOMAN}Ada Lovelace{WOMAN}", "Ada Lovelace"),
        ("\u2b50\ufe0f Ada \u2b50\ufe0f", "Ada"),
        ("\U0001f1eb\U0001f1f7Paris", "Paris"),
        ("Ada\u2122", "Ada"),
        ("\u202aAda\u202c", "Ada"),
        ("Jose\u0301", "Jose\u0301"),
        ("\u0301Ada", "Ada"),
        ("\u0939\u093f\u0928\u094d\u0926\u0940", "\u0939\u093f\u0928\u094d\u0926\u0940"),
    ],
)
def test_emoji_are_no_part_of_a_name_and_accents_are(text: str, name: str) -> None:
    assert kept(text) == name


def test_an_accent_after_the_last_letter_belongs_to_the_name() -> None:
    text = "Jose\u0301 spoke"
    assert trimmed(text, 0, 4) == (0, 5)
    assert trimmed(text, 4, 11) == (6, 11)


def test_a_bracket_is_closed() -> None:
    assert trimmed("Georgia (country) is", 0, 16) == (0, 17)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Clara sings", "Clara"),
        ("Theo van Gogh paints well", "Theo van Gogh"),
        ("Ada Byron OBE FRS", "Ada Byron"),
        ("Ada Byron, OM", "Ada Byron"),
        ("bell hooks", "bell hooks"),
        ("k.d. lang", "k.d. lang"),
        ("de Gaulle", "de Gaulle"),
        ("OM", "OM"),
        ("", ""),
    ],
)
def test_verbs_and_honours_are_no_part_of_a_persons_name(text: str, name: str) -> None:
    start, end = of_person(text, 0, len(text))
    assert text[start:end] == name


def test_a_junior_after_a_comma_belongs_to_the_name() -> None:
    assert of_person("Sam Hill, Jr. left", 0, 8) == (0, 13)
    assert of_person("Sam Hill, Jrue", 0, 8) == (0, 8)


@pytest.mark.parametrize("unit", ["(", ")", "of ", "\u0301", ".", "A.", "'", "(of) ", "\U0001f389"])
def test_long_hostile_names_take_linear_time(unit: str) -> None:
    with within(100):
        kept("Ada " + unit * 100_000)
