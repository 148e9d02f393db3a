import pytest

from app.sources.titles import fold, key


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
        ("", ""),
    ],
)
def test_fold_drops_case_accents_and_repeated_spaces(text: str, expected: str) -> None:
    assert fold(text) == expected


def test_a_cache_key_keeps_accents() -> None:
    assert key("  SIMÓN   Bolívar ") == "simón bolívar"
    assert key("simon bolivar") != key("simón bolívar")
