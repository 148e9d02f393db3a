import pytest

from app.sources.truncate import truncate

SENTENCES = "One is here. Two is here. Three is here."


@pytest.mark.parametrize("limit", [40, 41, 10_000])
def test_a_text_that_fits_is_not_cut(limit: int) -> None:
    """It stays what it is."""
    assert truncate(SENTENCES, limit, "en") == SENTENCES


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("abc def\n\nghi jkl", 12, "abc def"),
        ("abc def\nghi jkl", 12, "abc def"),
        ("abc def\n\nghi jkl", 7, "abc def"),
        ("abc def\n\nghi jkl", 8, "abc def"),
        ("abc def\n\nghi jkl", 9, "abc def"),
        ("abc def\n\n== Title ==\n\nghi", 21, "abc def\n\n== Title =="),
    ],
)
def test_a_text_is_cut_between_paragraphs(text: str, limit: int, expected: str) -> None:
    """One or two line breaks divide them; a whole paragraph that just fits stays."""
    assert expected == truncate(text, limit, "en")


@pytest.mark.parametrize(
    ("limit", "expected"),
    [(39, "One is here. Two is here."), (26, "One is here."), (24, "One is here.")],
)
def test_a_long_paragraph_is_cut_between_sentences(limit: int, expected: str) -> None:
    """Where too much would be lost otherwise."""
    assert expected == truncate(SENTENCES, limit, "en")


def test_a_paragraph_is_not_given_up_for_a_short_one_before_it() -> None:
    """More than half stays."""
    assert truncate(f"Ah.\n\n{SENTENCES}", 40, "en") == "Ah.\n\nOne is here. Two is here."


def test_a_long_sentence_is_cut_between_words() -> None:
    """As nothing better is there."""
    assert truncate("one two three four", 12, "en") == "one two"


def test_a_long_word_is_cut_anywhere() -> None:
    """As nothing at all would be left."""
    assert truncate("x" * 20, 12, "en") == "x" * 12


def test_the_sentences_of_the_language_count() -> None:
    """Not every language ends them by a full stop."""
    assert truncate("これは一つ目です。これは二つ目です。これは三つ目です。", 20, "ja") == (
        "これは一つ目です。これは二つ目です。"
    )
