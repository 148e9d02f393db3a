import pytest

from app.core.words import length, words
from tests.support.scripts import SAMPLES
from tests.support.work import grows_linearly


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't stop 3.5 million, 1,000!", ["Don't", "stop", "3.5", "million", "1,000"]),
        ("Babbage's and Macy’s", ["Babbage", "and", "Macy"]),
        ("co-op x_y U.S. (e.g.)", ["co", "op", "x_y", "U.S", "e.g"]),
        ("यह सफेद संगमरमर है", ["यह", "सफेद", "संगमरमर", "है"]),
        ("Jose\u0301 A\u0301lvarez", ["Jose\u0301", "A\u0301lvarez"]),
        ("می\u200cخواهم رفت", ["می\u200cخواهم", "رفت"]),
        ("서울은 수도이다.", ["서울은", "수도이다"]),
        ("😀 … – ♥", []),
        ("", []),
    ],
)
def test_words_are_those_of_unicode_without_a_possessive(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("京都は。Aの市", ["京都", "都は", "A", "の市"]),
        ("スーパーマリオ", ["スーパーマリオ"]),
        ("京", ["京"]),
        ("ภาษา", ["ภา", "าษ", "ษา"]),
        ("ភ្នំ ពេញ", ["ភ្នំ", "ពេញ"]),
    ],
)
def test_without_spaces_pairs_of_letters_are_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        ("Ada Lovelace wrote notes.", 4),
        ("京都は日本の都市である。", 6),
        ("京都 and 東京", 3),
        ("กรุงเทพมหานคร", 4),
        ("ताज महल भारत के आगरा शहर में स्थित एक मकबरा है।", 11),
    ],
)
def test_length_counts_words_in_every_script(text: str, expected: int) -> None:
    assert length(text) == expected


@pytest.mark.parametrize("language", SAMPLES)
def test_every_script_has_words(language: str) -> None:
    assert len(words(SAMPLES[language])) > 4
    assert length(SAMPLES[language]) > 4


@pytest.mark.parametrize("unit", ["a", "a'", "'", "1,", "\u0301", "京", "京 ", "'s", "ก"])
def test_hostile_texts_take_linear_time(unit: str) -> None:
    assert grows_linearly(unit, words)
