import pytest

from app.core.latex import readable
from tests.support.work import grows_linearly


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"\displaystyle x^{2}+y^{2}=z^{2}", "x²+y² = z²"),
        (r"\displaystyle {\frac {a+1}{b}}", "(a+1)/b"),
        (r"\displaystyle \sum _{i=1}^{n}a_{i}", "∑ᵢ₌₁ⁿaᵢ"),
        (r"\mathbb {R} ^{n}\to {\sqrt {2}}", "ℝⁿ → √2"),
        (r"\int _{0}^{\infty }e^{-x^{2}}\,dx", "∫₀^∞ e^(−x²) dx"),
        (r"{\mathcal {L}}\left\{f(t)\right\}", "L{f(t)}"),
        (r"a\leq b{\text{ or }}b\leq a", "a ≤ b or b ≤ a"),
        (r"(X,\leq )", "(X, ≤)"),
        (r"\sin ^{2}x+\cos 2\theta =\lambda ", "sin² x + cos 2θ = λ"),
        (r"\lim _{x\to 0}{\frac {\sin x}{x}}", "lim_(x → 0) (sin x)/x"),
        (r"{\vec {F}}=m{\vec {a}}", "F\u20d7 = ma\u20d7"),
        (r"{\ce {2H2O + CO2 <=> H2CO3}}", "2H₂O + CO₂ ⇌ H₂CO₃"),
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
    ("latex", "expected"),
    [
        (r"{\begin{pmatrix}a&b\\c&d\end{pmatrix}}", "[a, b; c, d]"),
        (r"{\begin{array}{cc}1&0\\[6pt]0&-1\end{array}}", "[1, 0; 0, −1]"),
        (r"{\begin{vmatrix}a&b\\c&d\end{vmatrix}}=ad-bc", "|a, b; c, d| = ad−bc"),
        (
            r"|x|={\begin{cases}x,&{\text{if }}x\geq 0,\\-x,&{\text{otherwise}}.\end{cases}}",
            "|x| = {x, if x ≥ 0; −x, otherwise}",
        ),
        (r"{\begin{aligned}y&=2x,\\z&=3x.\end{aligned}}", "y = 2x; z = 3x"),
        (r"\begin{aligned}y", "y"),
        (r"\substack{a\\b}", "a, b"),
    ],
)
def test_a_table_is_written_row_by_row(latex: str, expected: str) -> None:
    assert readable(latex) == expected


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"\beth _{1}>\aleph _{0}", "ℶ₁ > ℵ₀"),
        (r"\lVert v\rVert =\|v\|", "‖v‖ = ‖v‖"),
        (r"A\not \subset B", "A ⊄ B"),
        (r"{\dbinom {4}{2}}={n \choose k}", "(4 choose 2) = (n choose k)"),
        (r"{a+b \over c}", "(a+b)/c"),
        (r"{\sqrt[{3}]{8}}+{\sqrt[{n}]{a+b}}", "∛8+ⁿ√(a+b)"),
        (r"\operatorname* {argmin} _{x}f", "argminₓ f"),
        (r"{\underset {x}{\operatorname {arg\,max} }}f(x)", "arg maxₓ f(x)"),
        (r"x{\stackrel {\text{def}}{=}}y", "x = y"),
        (r"\underbrace {a+b} _{n}", "a+b"),
        (r"\left.y\right|_{x=0}", "y|ₓ₌₀"),
        (r"\sideset {}{'}\sum", "∑"),
        (r"X\xrightarrow {f} Y\hookrightarrow Z", "X → Y ↪ Z"),
        (r"a\bmod n{\color {red}x}", "a mod nx"),
        (r"\limsup x", "lim sup x"),
        (r"\text{if $x$ is 5\% \em}", "if x is 5%"),
        (r"\unheardof x", "unheardof x"),
    ],
)
def test_no_command_is_lost(latex: str, expected: str) -> None:
    assert readable(latex) == expected


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"60^{\circ }", "60°"),
        (r"20\,^{\circ }\mathrm {C} ", "20 °C"),
        (r"{\sqrt {3gh}}", "√(3gh)"),
        (r"{\sqrt {2}}\pi", "√2 π"),
        (r"{\frac {1}{4\pi }}", "1/(4π)"),
        (r"\frac x{yz}", "x/(yz)"),
        (r"{\tfrac {1}{2}}kx^{2}", "1/2 kx²"),
        (r"3{\frac {1}{2}}", "3 1/2"),
        (r"{\frac {1}{2}}(a+b)", "1/2 (a+b)"),
        (r"{\frac {1}{\sqrt {2}}}", "1/√2"),
        (r"{\frac {\partial ^{2}u}{\partial t^{2}}}={\frac {dx}{dt}}", "∂²u/∂t² = dx/dt"),
        (r"e^{x}y", "e^x y"),
    ],
)
def test_a_formula_reads_one_way(latex: str, expected: str) -> None:
    assert readable(latex) == expected


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"\lg (x)", "lg(x)"),
        (r"\cos \left(x\right)", "cos(x)"),
        (r"\operatorname {sech} x", "sech x"),
        (r"\operatorname {ind} A+\operatorname {nullity} B", "ind A + nullity B"),
        (r"(-\cos x,-\sin y)=-\ln z", "(−cos x, −sin y) = −ln z"),
    ],
)
def test_a_function_has_spaces_unless_a_bracket_follows(latex: str, expected: str) -> None:
    assert readable(latex) == expected


def test_an_unknown_command_leaves_what_is_drawn() -> None:
    assert readable(r"\unheardof x<y", "⍟x<y") == "⍟x < y"
    assert readable("x", "y") == "x"


@pytest.mark.parametrize("latex", [r"\frac", "^", "_{", "\\", "^" * 700, "}"])
def test_what_prints_nothing_is_empty(latex: str) -> None:
    assert readable(latex) == ""


def test_braces_may_be_deep() -> None:
    assert readable("{" * 300 + "x" + "}" * 300) == "x"
    assert readable(r"\hat" * 200).startswith("hat")


def test_a_long_formula_is_cut() -> None:
    assert readable("x" * 801) == "x" * 800 + "…"


@pytest.mark.parametrize("unit", ["{", "}", "^", "\\frac", "\\text{", "\\", "\\begin{a}", "\\\\["])
def test_every_formula_is_read_in_linear_time(unit: str) -> None:
    assert grows_linearly(unit, readable, size=100)
