import pytest

from app.sources.truncate import truncate

SENTENCES = "One is here. Two is here. Three is here."


@pytest.mark.parametrize("limit", [40, 41, 10_000])
def test_a_text_that_fits_is_not_cut(limit: int) -> None:
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
    assert expected == truncate(text, limit, "en")


@pytest.mark.parametrize(
    ("limit", "expected"),
    [(39, "One is here. Two is here."), (26, "One is here."), (24, "One is here.")],
)
def test_a_long_paragraph_is_cut_between_sentences(limit: int, expected: str) -> None:
    assert expected == truncate(SENTENCES, limit, "en")


def test_a_cut_after_a_paragraph_must_keep_half_of_the_limit() -> None:
    assert truncate(f"Ah.\n\n{SENTENCES}", 40, "en") == "Ah.\n\nOne is here. Two is here."


def test_a_long_sentence_is_cut_between_words() -> None:
    assert truncate("one two three four", 12, "en") == "one two"


def test_a_long_word_is_cut_at_the_limit() -> None:
    assert truncate("x" * 20, 12, "en") == "x" * 12


def test_sentences_are_split_by_the_rules_of_the_language() -> None:
    assert truncate("これは一つ目です。これは二つ目です。これは三つ目です。", 20, "ja") == (
        "これは一つ目です。これは二つ目です。"
    )
