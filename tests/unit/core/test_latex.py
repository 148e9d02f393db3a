import pytest

from app.core.latex import readable, spaced
from tests.support.work import grows_linearly


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"\displaystyle x^{2}+y^{2}=z^{2}", "x²+y² = z²"),
        (r"\displaystyle {\frac {a+1}{b}}", "(a+1)/b"),
        (r"\displaystyle \sum _{i=1}^{n}a_{i}", "∑ᵢ₌₁ⁿaᵢ"),
        (r"\mathbb {R} ^{n}\to {\sqrt {2}}", "ℝⁿ → √2"),
        (r"\int _{0}^{\infty }e^{-x^{2}}\,dx", "∫₀^∞e^(−x²) dx"),
        (r"{\mathcal {L}}\left\{f(t)\right\}", "L{f(t)}"),
        (r"a\leq b{\text{ or }}b\leq a", "a ≤ b or b ≤ a"),
        (r"(X,\leq )", "(X, ≤)"),
        (r"\sin ^{2}x+\cos 2\theta =\lambda ", "sin²x+ cos 2θ = λ"),
        (r"\lim _{x\to 0}{\frac {\sin x}{x}}", "lim_(x → 0)(sin x)/x"),
        (r"{\vec {F}}=m{\vec {a}}", "F\u20d7 = ma\u20d7"),
        (r"{\ce {2H2O + CO2 <=> H2CO3}}", "2H2O + CO2 ⇌ H2CO3"),
        (r"e^{i\pi }+1=0", "e^(iπ)+1 = 0"),
        (r"\Omega \subseteq \mathbb {Q} ", "Ω ⊆ ℚ"),
        (r"a\equiv b{\pmod {n}}", "a ≡ b (mod n)"),
        (r"f''(x)~\{y\}", "f''(x) {y}"),
        (r"{}^{14}{\text{C}}", "¹⁴C"),
        ("x", "x"),
        ("", ""),
    ],
)
def test_a_formula_is_written_as_plain_text(latex: str, expected: str) -> None:
    assert readable(latex) == expected


@pytest.mark.parametrize(
    "latex",
    [
        r"{\begin{pmatrix}a&b\\c&d\end{pmatrix}}",
        r"\sqrt[3]{x}",
        r"\unknown x",
        r"\frac",
        "{" * 60 + "x" + "}" * 60,
        "x" * 401,
        "^",
        "_{",
        "\\",
    ],
)
def test_what_plain_text_cannot_show_is_left_out(latex: str) -> None:
    assert readable(latex) == ""


def test_relations_and_commas_have_spaces() -> None:
    assert spaced("a=b,c< d") == "a = b, c < d"


@pytest.mark.parametrize("unit", ["{", "}", "^", "\\frac", "\\text{", "\\"])
def test_every_formula_is_read_in_linear_time(unit: str) -> None:
    assert grows_linearly(unit, readable, size=100)
