"""LaTeX of a formula as plain text."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Final

_LONGEST: Final = 400
_DEEPEST: Final = 20
_UNKNOWN: Final = "\ufffd"
_SPACE: Final = "\x00"  # a space that is kept
_TOKEN: Final = re.compile(r"\\[A-Za-z]+|\\.|\s+|.", re.DOTALL)
_RELATION: Final = re.compile(
    r" *([=<>\u2190-\u2194\u21a6\u21d0-\u21d4\u2208-\u220b\u2248\u2260-\u2265\u2282-\u2287]) *"
)
_COMMA: Final = re.compile(r" *([,;]) *(?=\S)")
_SPACES: Final = re.compile(r" +(?=[ )\]}^_\u00b2\u00b3\u00b9\u2070-\u209c])|(?<=[(\[{]) +")

_SCRIPTED: Final = "0123456789+-\u2212=()"
_RAISED: Final = str.maketrans(_SCRIPTED + "ni\u2032", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ\u2032")
_LOWERED: Final = str.maketrans(
    _SCRIPTED + "aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ"
)
_SIGNS: Final = """leq≤ le≤ geq≥ ge≥ neq≠ ne≠ approx≈ equiv≡ sim~ cong≅ simeq≃ propto∝ ll≪ gg≫
lt< gt> times× cdot· div÷ pm± mp∓ ast* star⋆ circ∘ bullet• oplus⊕ otimes⊗ to→ rightarrow→
leftarrow← longrightarrow→ mapsto↦ leftrightarrow↔ Rightarrow⇒ implies⇒ Leftarrow⇐
Leftrightarrow⇔ iff⇔ infty∞ partial∂ nabla∇ forall∀ exists∃ emptyset∅ varnothing∅ hbarℏ ellℓ
sum∑ prod∏ int∫ iint∬ oint∮ in∈ notin∉ ni∋ subset⊂ subseteq⊆ supset⊃ supseteq⊇ cup∪ cap∩
setminus∖ land∧ wedge∧ lor∨ vee∨ neg¬ lnot¬ perp⊥ parallel∥ angle∠ degree° ldots… dots… cdots…
dotsc… dotsb… mid| vert| Vert‖ langle⟨ rangle⟩ lfloor⌊ rfloor⌋ lceil⌈ rceil⌉ lbrace{ rbrace}
prime′ colon: prec≺ preceq≼ succ≻ succeq≽ epsilonε varepsilonε varphiφ varthetaϑ varrhoϱ"""
_SYMBOLS: Final = {sign[:-1]: sign[-1] for sign in _SIGNS.split()}
_OPERATORS: Final = """sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh log ln lg exp
lim max min sup inf det dim ker gcd deg arg Pr"""
_PLAIN: Final = """mathrm mathit mathbf mathsf mathtt mathcal mathfrak mathscr boldsymbol
operatorname mbox overline underline overrightarrow widehat widetilde"""
_TEXTS: Final = "text textrm textit textbf textsf"
_IGNORED: Final = """displaystyle textstyle scriptstyle scriptscriptstyle left right big Big
bigl bigr Bigl Bigr bigg Bigg limits nolimits rm bf it"""
_ACCENTS: Final = {
    "hat": "\u0302", "bar": "\u0304", "vec": "\u20d7", "tilde": "\u0303", "dot": "\u0307",
}  # fmt: skip
_STRUCK: Final = str.maketrans("CHNPQRZ", "ℂℍℕℙℚℝℤ")


def readable(latex: str) -> str:
    """A formula as plain text; empty if it is long or has what plain text cannot show."""
    if len(latex) > _LONGEST:
        return ""
    text = _Parser(_TOKEN.findall(latex)).all()
    return "" if _UNKNOWN in text else spaced(text.replace(_SPACE, " "))


def spaced(formula: str) -> str:
    """A formula with spaces around relations and after commas."""
    text = _COMMA.sub(r"\1 ", _RELATION.sub(r" \1 ", formula))
    return _SPACES.sub("", text).strip()


class _Parser:
    """Reads tokens of LaTeX; what it does not know becomes `_UNKNOWN`."""

    def __init__(self, tokens: Iterable[str]) -> None:
        self._tokens = list(tokens)
        self._at = 0
        self._depth = 0
        self._commands: dict[str, Callable[[], str]] = {
            "frac": self._fraction,
            "dfrac": self._fraction,
            "tfrac": self._fraction,
            "sqrt": self._root,
            "mathbb": lambda: self._argument().translate(_STRUCK),
            "ce": self._chemistry,
            "quad": lambda: _SPACE,
            "qquad": lambda: _SPACE,
            "pmod": lambda: f"{_SPACE}(mod{_SPACE}{self._argument()})",
            **dict.fromkeys(_PLAIN.split(), self._argument),
            **dict.fromkeys(_TEXTS.split(), lambda: self._raw().replace(" ", _SPACE)),
            **dict.fromkeys(_IGNORED.split(), lambda: ""),
            **{name: self._accent(mark) for name, mark in _ACCENTS.items()},
        }

    def all(self) -> str:
        """The text of all tokens."""
        parts: list[str] = []
        while self._at < len(self._tokens):
            parts.append(self._next())
        return "".join(parts)

    def _take(self) -> str:
        token = self._tokens[self._at] if self._at < len(self._tokens) else ""
        self._at += 1
        return token

    def _next(self) -> str:
        part = self._take()
        if part == "{":
            return self._group()
        if part in {"^", "_"}:
            return self._script(part)
        if part.startswith("\\"):
            return self._command(part[1:])
        return "" if part.isspace() or part in "}&" else part.replace("~", _SPACE)

    def _group(self) -> str:
        """What stands up to the closing brace."""
        self._depth += 1
        parts: list[str] = []
        while self._at < len(self._tokens) and self._tokens[self._at] != "}":
            parts.append(self._next() if self._depth < _DEEPEST else self._take() and _UNKNOWN)
        self._depth -= 1
        self._at += 1
        return "".join(parts)

    def _argument(self) -> str:
        """The next group or sign."""
        while self._at < len(self._tokens) and self._tokens[self._at].isspace():
            self._at += 1
        return self._next().strip()

    def _raw(self) -> str:
        """The next group as it is written, without braces."""
        while self._at < len(self._tokens) and self._tokens[self._at].isspace():
            self._at += 1
        parts = [self._take()]
        depth = int(parts[0] == "{")
        while depth and self._at < len(self._tokens):
            parts.append(self._take())
            depth += (parts[-1] == "{") - (parts[-1] == "}")
        raw = "".join(part for part in parts if part not in "{}")
        return _UNKNOWN if "\\" in raw else raw

    def _chemistry(self) -> str:
        raw = self._raw().replace("<=>", "⇌").replace("->", "→")
        return raw.replace("^", "").replace("_", "").replace(" ", _SPACE)

    def _command(self, name: str) -> str:
        if name in self._commands:
            return self._commands[name]()
        if name in _OPERATORS.split():
            return f"{_SPACE}{name}{_SPACE}"
        if name in _SYMBOLS:
            return _SYMBOLS[name]
        if name.isalpha():
            return _greek(name)
        return name if name in "{}%$#&_" else _SPACE if name in ",;: " else ""

    def _script(self, sign: str) -> str:
        table = _RAISED if sign == "^" else _LOWERED
        script = self._argument().replace("-", "\u2212")
        small = script.translate(table)
        if all(ord(letter) in table or letter == "\u2032" for letter in script):
            return small
        return sign + (script if len(script) == 1 else f"({script})")

    def _fraction(self) -> str:
        over = _grouped(self._argument())
        return f"{over}/{_grouped(self._argument())}"

    def _root(self) -> str:
        if self._at < len(self._tokens) and self._tokens[self._at] == "[":
            return _UNKNOWN
        return "√" + _grouped(self._argument())

    def _accent(self, mark: str) -> Callable[[], str]:
        return lambda: self._argument() + mark


def _grouped(part: str) -> str:
    """The part in brackets, if it is more than a number or letters."""
    return part if part.isalnum() or len(part) == 1 else f"({part})" if part else _UNKNOWN


def _greek(name: str) -> str:
    size = "SMALL" if name[0].islower() else "CAPITAL"
    try:
        return unicodedata.lookup(f"GREEK {size} LETTER {name.upper().replace('LAMBDA', 'LAMDA')}")
    except KeyError:
        return _UNKNOWN
