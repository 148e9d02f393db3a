"""LaTeX of a formula as plain text."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Final

from app.core import tex_signs
from app.core.chemistry import chemical
from app.core.tex_pieces import (
    GAP,
    SPACE,
    bare,
    chosen,
    divided,
    greek,
    joined,
    printed,
    rooted,
    scripted,
    spaced,
)

_LONGEST: Final = 800
_DEEPEST: Final = 60
_STRUCK: Final = str.maketrans("CHNPQRZ", "ℂℍℕℙℚℝℤ")
_TOKEN: Final = re.compile(r"\\[A-Za-z]+|\\.|\s+|.", re.DOTALL)


def readable(latex: str, drawn: str = "") -> str:
    """A formula as plain text; as it is drawn, if LaTeX has a command that is not known.

    Such a command becomes its bare name if nothing is drawn. A long formula ends with `…`.
    """
    parser = _Parser(_TOKEN.findall(latex[:_LONGEST]))
    text = joined(parser.all())
    if drawn and (parser.is_lost or not text):
        return spaced(drawn)
    return text + ("…" if len(latex) > _LONGEST else "")


class _Parser:
    """Reads tokens of LaTeX. It `is_lost` once it has met a command that it does not know."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0
        self.is_lost = False
        self._commands: dict[str, Callable[[], str]] = {
            **dict.fromkeys(["frac", "dfrac", "tfrac", "cfrac"], self._fraction),
            **dict.fromkeys(["binom", "dbinom", "tbinom"], self._binomial),
            "sqrt": lambda: rooted(self._option(), self._argument()),
            "mathbb": lambda: self._argument().translate(_STRUCK),
            "ce": lambda: chemical(self._raw(whole=True)).replace(" ", SPACE),
            "pmod": lambda: f"{SPACE}(mod{SPACE}{self._argument()})",
            "colon": lambda: f":{SPACE}",
            "not": lambda: unicodedata.normalize("NFC", self._argument() + "\u0338"),
            "operatorname": self._named,
            "begin": self._environment,
            "end": lambda: self._raw()[:0],
            "underset": self._underset,
            "sideset": lambda: (self._argument() + self._argument())[:0],
            "underbrace": lambda: self._braced("_"),
            "overbrace": lambda: self._braced("^"),
            **dict.fromkeys(tex_signs.PLAIN.split(), self._argument),
            **dict.fromkeys(tex_signs.TEXTS.split(), lambda: self._raw().replace(" ", SPACE)),
            **dict.fromkeys(tex_signs.IGNORED.split(), lambda: ""),
            **dict.fromkeys(tex_signs.SIZES.split(), lambda: self._skip(".")),
            **dict.fromkeys(tex_signs.UNSEEN.split(), lambda: self._raw()[:0]),
            **dict.fromkeys(tex_signs.SPACES.split(), lambda: SPACE),
            **{name: self._arrow(sign) for name, sign in tex_signs.ARROWS.items()},
            **{name: self._accent(mark) for name, mark in tex_signs.ACCENTS.items()},
        }

    def all(self) -> str:
        """The text of all tokens."""
        parts: list[str] = []
        while self._at < len(self._tokens):
            parts.append(self._until("}"))
        return "".join(parts)

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def _skip(self, sign: str) -> str:
        """Pass the sign, if it is the next token."""
        self._at += self._peek() == sign
        return ""

    def _skip_spaces(self) -> None:
        while self._peek().isspace():
            self._at += 1

    def _next(self) -> str:
        part = self._take()
        if self._depth >= _DEEPEST:
            return part.strip("{}^_&\\ \n")
        self._depth += 1
        text = self._read(part)
        self._depth -= 1
        return text

    def _read(self, part: str) -> str:
        if part == "{":
            return self._until("}")
        if part in {"^", "_"}:
            return self._script(part)
        if part.startswith("\\"):
            return self._command(part[1:])
        if part in {"-", "~"}:
            return "\u2212" if part == "-" else SPACE
        return "" if part.isspace() or part in "}&" else part

    def _until(self, end: str) -> str:
        r"""What stands up to a token, which is passed; `\over` and `\choose` divide it."""
        before, infix = "", ""
        parts: list[str] = []
        while self._at < len(self._tokens) and self._peek() != end:
            if self._peek() in {"\\over", "\\choose", "\\atop"}:
                infix, before, parts = self._take(), "".join(parts).strip(GAP), []
            else:
                parts.append(self._next())
        self._at += 1
        after = "".join(parts)
        if infix == "\\over":
            return divided(before, after.strip(GAP))
        return chosen(before, after) if infix == "\\choose" else before + after

    def _argument(self) -> str:
        """The next group or sign."""
        self._skip_spaces()
        return self._next().strip().strip(GAP)

    def _raw(self, *, whole: bool = False) -> str:
        """The next group as it is written, without braces; `whole`: all, if it has no braces."""
        self._skip_spaces()
        parts = [self._take()]
        depth = int(parts[0] == "{")
        while (depth or (whole and parts[0] != "{")) and self._at < len(self._tokens):
            parts.append(self._take())
            depth += (parts[-1] == "{") - (parts[-1] == "}")
            whole = whole and parts[0] != "{"
        return "".join(printed(part) for part in parts)

    def _command(self, name: str) -> str:
        if name in self._commands:
            return self._commands[name]()
        if name in tex_signs.OPERATORS:
            return self._operator(tex_signs.OPERATORS[name])
        if name in tex_signs.SIGNS:
            return tex_signs.SIGNS[name]
        if name.isalpha():
            return greek(name) or self._unknown(name)
        if name in {"|", "\\"}:
            return "‖" if name == "|" else f",{SPACE}"
        return name if name in "{}%$#&_" else SPACE if name in ",;:> " else ""

    def _unknown(self, name: str) -> str:
        self.is_lost = True
        return f"{SPACE}{name}{SPACE}"

    def _named(self) -> str:
        self._skip("*")
        return self._operator(self._argument())

    def _operator(self, name: str) -> str:
        """The name with its scripts, and a space unless a bracket follows."""
        parts = [SPACE, name.replace(" ", SPACE)]
        self._skip_spaces()
        while self._peek() in {"^", "_"}:
            parts.append(self._next())
            self._skip_spaces()
        ahead = [token for token in self._tokens[self._at : self._at + 5] if token.strip(" {")]
        ahead = [token for token in ahead if token[1:] not in tex_signs.SIZES.split()]
        return "".join(parts) + ("" if ahead and ahead[0] in {"(", "["} else SPACE)

    def _script(self, sign: str) -> str:
        script = self._argument()
        text = scripted(sign, script)
        self._skip_spaces()
        return text + GAP * (text == sign + script and self._peek().isalpha())

    def _fraction(self) -> str:
        return divided(self._argument(), self._argument())

    def _binomial(self) -> str:
        return chosen(self._argument(), self._argument())

    def _option(self) -> str:
        """What the next square brackets hold."""
        self._skip_spaces()
        if self._peek() != "[" or "]" not in self._tokens[self._at :]:
            return ""
        self._at += 1
        return self._until("]").strip(GAP)

    def _underset(self) -> str:
        under, base = self._argument(), self._argument().strip(SPACE)
        return base + scripted("_", under) + SPACE

    def _braced(self, script: str) -> str:
        """What a brace spans, without what is written at the brace."""
        body = self._argument()
        self._skip_spaces()
        if self._peek() == script:
            self._next()
        return body

    def _arrow(self, sign: str) -> Callable[[], str]:
        return lambda: (self._option() + self._argument())[:0] + sign

    def _accent(self, mark: str) -> Callable[[], str]:
        return lambda: unicodedata.normalize("NFC", self._argument() + mark)

    def _environment(self) -> str:
        """Rows divided by semicolons, and their cells."""
        name = self._raw().rstrip("*")
        if name.startswith(("array", "alignat", "alignedat")):
            self._raw()
        opening, comma, closing = tex_signs.ENVIRONMENTS.get(name, ("", "", ""))
        rows = [[""]]
        while self._at < len(self._tokens) and self._peek() != "\\end":
            sign = self._peek()
            if sign == "\\\\":
                self._at += 1
                rows.append([""])
                self._option()
            elif sign == "&":
                self._at += 1
                rows[-1].append("")
            else:
                rows[-1][-1] += self._next()
        self._at += 1
        self._raw()
        cells = ([bare(cell) for cell in row] for row in rows)
        lines = (bare(comma.join(filter(None, row))) for row in cells)
        return f"{opening}{f';{SPACE}'.join(filter(None, lines))}{closing}"
