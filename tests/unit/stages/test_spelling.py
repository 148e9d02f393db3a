import pytest

from app.stages.spelling import folded, key, words


@pytest.mark.parametrize("text", ["J.R.R. Tolkien", "O`BRIEN", "A-B. c.", "", " x\t."])
def test_ascii_is_folded_as_beside_other_letters(text: str) -> None:
    assert f"{folded(text)}e" == folded(f"{text}\u00e9")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("José Álvarez", "Jose\u0301 A\u0301lvarez"),
        ("José Álvarez", "JOSE ALVAREZ"),
        ("O'Brien", "O\u2019Brien"),
        ("O\u02bbahu", "O'ahu"),
        ("Jean-Luc", "Jean\u2010Luc"),
        ("Al-Khwarizmi", "al Khwarizmi"),
        ("J. R. R. Tolkien", "J.R.R. Tolkien"),
        ("J. R. R. Tolkien", "JRR Tolkien"),
        ("U.S.", "US"),
        ("St. John's", "St John\u2019s"),
        ("The Beatles", "the Beatles"),
        ("The Beatles", "Beatles"),
        ("New\u00a0York", "New York"),
        ("\ufb01re", "FIRE"),
        ("Straße", "STRASSE"),
        ("İstanbul", "Istanbul"),
        ("Московский", "МОСКОВСКИЙ"),
        ("Ada\u200d", "Ada"),
        ("Świętosław Łoś", "Swietoslaw Los"),
        ("BJØRN", "bjorn"),
        ("Æthelred", "Aethelred"),
        ("Þórður", "Thordur"),
        ("Diyarbakır", "DIYARBAKIR"),
    ],
)
def test_spellings_of_the_same_words_share_a_key(one: str, other: str) -> None:
    assert key(words(one)) == key(words(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Paris", "Pariser"),
        ("The", ""),
        ("राम", "रमा"),
        ("Plan A", "Plan B"),
        ("हिन्दी", "हन्द"),
        ("東京", "京都"),
    ],
)
def test_other_words_have_another_key(one: str, other: str) -> None:
    assert key(words(one)) != key(words(other))


def test_words_are_folded_and_initials_stand_apart() -> None:
    assert words("J.R.R. Tolkien, Jr.") == ("j", "r", "r", "tolkien", "jr")
    assert words("Irène Joliot-Curie") == ("irene", "joliot-curie")
    assert words('"."') == ()


def test_folding_twice_changes_nothing() -> None:
    text = "ÅſǅİΐﬁẞÅ\u1e9b\u0323"
    assert folded(folded(text)) == folded(text)
