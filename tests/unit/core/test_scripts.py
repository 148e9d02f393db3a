import pytest

from app.core.scripts import language_for_rules


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Ada", "en", "en"),
        ("Ada", "de", "de"),
        ("Ada", "ja", "en"),
        ("(1) 京都", "en", "zh"),
        ("京都", "ja", "ja"),
        ("ひらがな", "en", "ja"),
        ("شہر", "ur", "ur"),
        ("شہر", "en", "ar"),
        ("Москва", "uk", "uk"),
        ("Москва", "en", "ru"),
        ("1895", "xx", "xx"),
    ],
)
def test_the_language_is_one_that_is_written_in_the_script_of_the_text(
    text: str, language: str, expected: str
) -> None:
    assert language_for_rules(text, language) == expected
