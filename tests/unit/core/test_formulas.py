from collections.abc import Callable

import pytest

from app.core.formulas import inline
from tests.support.work import grows_linearly


def drawn(signs: str, latex: str, style: str = "displaystyle") -> str:
    """A formula as TextExtracts writes it; the text goes on after it."""
    lines = "".join(f"        {sign}\n" for sign in signs.split())
    return f"\n  \n    \n      \n{lines}      \n    \n    {{\\{style} {latex}}}\n  "


X = drawn("X", "X")
CHEMISTRY = r"{\ce {H2O}}"
UNKNOWN = r"\unknown {Z}"
MATRIX = r"{\begin{matrix}a\\b\end{matrix}}"
LINES = "{\\begin{matrix}a\n  b\\end{matrix}}"
LEQ = drawn("≤", r"\leq ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"a relation {LEQ} on some set {X}, which", "a relation ≤ on some set X, which"),
        (f"A set {X}.\nIf {X} is", "A set X.\nIf X is"),
        (f"({X})-modules", "(X)-modules"),
        (f"the {drawn('n', 'n')}th power of {drawn('n', 'n')} signs", "the nth power of n signs"),
        (f"It is {drawn('x 2', 'x^{2}')}", "It is x²"),
        (f"Both {X} {LEQ} are signs.", "Both X ≤ are signs."),
        (f"So {drawn('a', 'a', 'textstyle')} is", "So a is"),
        (f"Water is {drawn('H 2 O', CHEMISTRY)}.", "Water is H₂O."),
        (f"Water is {drawn('H 2 O', 'H2O', 'ce')}.", "Water is H₂O."),
        (f"A {drawn('Z', UNKNOWN)} is", "A Z is"),
        (f"A {drawn('Z 2', UNKNOWN + '^{2}')} is", "A unknown Z² is"),
        (f"a set \u2060{X}\u2060.", "a set \u2060X\u2060."),
        (f"A {drawn('a b', MATRIX)}.", "A [a; b]."),
        (f"A {drawn('a b', LINES)}.", "A [ab]."),
        ("no {formula} here {\\it x}", "no {formula} here {\\it x}"),
    ],
)
def test_a_drawn_formula_is_one_piece_of_its_sentence(text: str, expected: str) -> None:
    assert inline(text) == expected


def test_spaces_at_the_ends_of_lines_do_not_matter() -> None:
    text = f"a relation {LEQ} on some set {X}, which"
    stripped = "\n".join(line.rstrip() for line in text.split("\n"))
    assert inline(stripped) == "a relation ≤ on some set X, which"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "It is given by:\n{}\n\nwhere c is a speed.",
            "It is given by: E = mc² where c is a speed.",
        ),
        ("It is known as\n{}\n\n.\nThe rest.", "It is known as E = mc².\nThe rest."),
        ("It ended.\n{}\n\nNext.", "It ended.\n\nE = mc²\n  \n\nNext."),
        ("It is given by\n{}\n\nNext.", "It is given by E = mc²\n  \n\nNext."),
        ("{}", "E = mc²\n  "),
    ],
)
def test_a_formula_in_its_own_paragraph_joins_the_sentence_around_it(
    text: str, expected: str
) -> None:
    formula = drawn("E = m c 2", "E=mc^{2}")
    assert inline(text.replace("{}", formula)).strip() == expected.strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"A relation ≤{\displaystyle \leq } on X2{\displaystyle X^{2}}.", "A relation ≤ on X²."),
        (r"A set {\displaystyle X} of ab{\displaystyle {\frac {a}{b}}}.", "A set X of a/b."),
        (r"Drawn otherwise{\displaystyle X} here.", "Drawn otherwise here."),
        (r"({\displaystyle X})", "(X)"),
    ],
)
def test_a_formula_on_the_line_of_its_text_is_written_once(text: str, expected: str) -> None:
    assert inline(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"End {drawn('x', '{x')}. More.", "End x. More."),
        (f"End {drawn('x', 'x}')}. More.", "End x. More."),
        (r"A set {\displaystyle X is open.", "A set  X is open."),
        (f"A {{ and {X}. More.", "A { and X. More."),
    ],
)
def test_unbalanced_braces_take_no_text_with_them(text: str, expected: str) -> None:
    assert inline(text) == expected


@pytest.mark.parametrize(
    "unit",
    [
        *["{", "}", "\\{", "\n    x", "\n  ", "{\\displaystyle ", "{\\displaystyle }", LEQ],
        *["{\\displaystyle x}\n  ", "{\\displaystyle \n", "{\\ce {", "}{\\displaystyle "],
    ],
)
def test_hostile_texts_take_linear_time(unit: str) -> None:
    assert grows_linearly(unit, inline)


@pytest.mark.parametrize("ending", [lambda text: text + LEQ, lambda text: LEQ + text])
def test_a_formula_beside_many_lines_takes_linear_time(ending: Callable[[str], str]) -> None:
    assert grows_linearly("\n    x", lambda text: inline(ending(text)))
