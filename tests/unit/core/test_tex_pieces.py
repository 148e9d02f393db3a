import pytest

from app.core.tex_pieces import GAP, SPACE, divided, greek, joined, rooted, scripted, spaced
from tests.support.work import grows_linearly


def test_relations_and_commas_have_spaces() -> None:
    assert spaced("a=b,c< d") == "a = b, c < d"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"2{GAP}x", "2 x"),
        (f"2{GAP}+x{GAP}", "2+x"),
        (f"a{SPACE}b", "a b"),
        ("a+ b", "a + b"),
        ("= − b", "= −b"),
    ],
)
def test_pieces_join_with_the_spaces_that_they_need(text: str, expected: str) -> None:
    assert joined(text) == expected


@pytest.mark.parametrize(
    ("over", "under", "expected"),
    [
        ("a", "b", "a/b"),
        ("ab", "cd", "ab/(cd)"),
        ("a+b", "2.5", "(a+b)/2.5"),
        ("4!", "x²", "4!/x²"),
        ("1", "√(ab)", "1/√(ab)"),
        ("1", "(a)(b)", "1/((a)(b))"),
        ("", "", ""),
    ],
)
def test_a_fraction_has_brackets_around_more_than_a_factor(
    over: str, under: str, expected: str
) -> None:
    assert divided(over, under).strip(GAP) == expected


def test_roots_scripts_and_letters() -> None:
    assert rooted("5", "x").strip(GAP) == "⁵√x"
    assert rooted("a+b", "xy").strip(GAP) == "(a+b)√(xy)"
    assert scripted("^", "q") == "^q"
    assert scripted("_", "ab") == "_(ab)"
    assert greek("Lambda") + greek("alpha") + greek("none") == "Λα"


@pytest.mark.parametrize("unit", [" ", "a ", "+ ", ",", " = ", GAP, "("])
def test_spaces_are_set_in_linear_time(unit: str) -> None:
    assert grows_linearly(unit, joined, size=100)
    assert grows_linearly(unit, lambda text: divided(text, text), size=100)
