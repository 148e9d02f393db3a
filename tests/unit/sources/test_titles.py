import pytest

from app.sources.titles import fold, key, word_list


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  ADA   lovelace ", "ada lovelace"),
        ("Ada_Lovelace", "ada lovelace"),
        ("Simón Bolívar", "simon bolivar"),
        ("SIMO\u0301N BOLI\u0301VAR", "simon bolivar"),
        ("Łódź", "lodz"),
        ("Ærø, Þór", "aero, thor"),
        ("STRASSE straße", "strasse strasse"),
        ("القَاهِرة", "القاهرة"),
        ("al\u00adpha\u200b \u200ebeta\ufeff", "alpha beta"),
        ("", ""),
    ],
)
def test_fold_drops_case_accents_and_repeated_spaces(text: str, expected: str) -> None:
    assert fold(text) == expected


def test_a_cache_key_keeps_accents_and_all_cases_but_the_first() -> None:
    assert key("  simón   Bolívar ") == key("Simón Bolívar") == "Simón Bolívar"
    assert key("Simon Bolivar") != key("Simón Bolívar")
    assert key("it") != key("IT")
    assert key("") == ""


def test_a_list_of_names_has_no_comments_and_no_blank_lines() -> None:
    assert {"datei", "category"} <= set(word_list("reserved"))
    assert all(name and not name.startswith("#") for name in word_list("templates"))
