import random

import pytest

from app.core.full_stops import is_abbreviated, is_closed, starts
from tests.support.scripts import SAMPLES, scraps


@pytest.mark.parametrize(
    ("line", "language", "number", "expected"),
    [
        ("approx.", "en", True, True),
        ("to the max.", "en", False, False),
        ("to the max.", "en", True, True),
        ("C.", "en", False, False),
        ("C.", "fr", False, True),
        ("c.", "fr", True, True),
        ("डॉ.", "hi", False, True),
        ("네.", "ko", False, False),
        ("พ.ศ.", "th", True, True),
        ("die 2.", "de", False, True),
        ("von 1990.", "de", False, False),
        ("page 2.", "en", False, False),
        ("(.", "en", False, False),
        ("છે.", "gu", False, False),
        ("કે.", "gu", False, True),
        ("ა.", "ka", False, True),
        ("M.Ö.", "tr", True, True),
        ("M.Ö.", "tr", False, False),
        ("ق.م.", "fa", False, True),
        ("авг.", "ru", True, True),
        ("Geo.", "en", False, True),
    ],
)
def test_an_abbreviation_depends_on_the_language_and_on_what_is_next(
    line: str, language: str, *, number: bool, expected: bool
) -> None:
    assert is_abbreviated(line, len(line) - 1, language, number=number) == expected


@pytest.mark.parametrize(
    ("line", "language", "expected"),
    [
        ("(5 m).", "de", True),
        ("5 m.", "en", True),
        ("5 m.", "de", False),
        ("a number n.", "en", True),
        ("Roe v.", "en", False),
        ("p.m.", "en", False),
        ("the end.", "en", False),
    ],
)
def test_a_bracket_a_unit_or_a_variable_is_no_initial(
    line: str, language: str, *, expected: bool
) -> None:
    assert is_closed(line, len(line) - 1, language) == expected


def test_a_sentence_starts_after_a_full_stop_and_not_after_a_title() -> None:
    assert starts("Dr. Lee came. He left.", "en") == [14, 22]


@pytest.mark.parametrize("text", ["(He left.) She stayed.", "He said Macy's. She left."])
def test_quotes_do_not_move_offsets(text: str) -> None:
    assert text.index("She") in starts(text, "en")


def test_a_long_line_is_read_in_parts() -> None:
    line = "Dr. Lee came, and left. " * 1000
    assert [at for at in starts(line, "en") if not line.startswith("Dr.", at)] == [len(line)]


@pytest.mark.parametrize("language", [*SAMPLES, "xx", ""])
def test_no_characters_stop_the_library(language: str) -> None:
    """Version 1.0.32 panics on some white space and takes quadratic time for some quotes."""
    chance = random.Random(language)
    for _ in range(20):
        line = scraps(chance, 500)
        assert all(0 < at <= len(line) for at in starts(line, language))
