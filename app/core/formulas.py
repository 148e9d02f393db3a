"""Formulas as MediaWiki's TextExtracts writes them: drawn in indented lines, then as LaTeX."""

import re
import unicodedata
from typing import Final

from app.core.latex import readable
from app.core.sentences import is_ended

_BRACE: Final = re.compile(
    r"(?P<formula>\{\s*+\\(?:(?:display|text|script|scriptscript)style|ce)(?![A-Za-z]))"
    r"|\\.|[{}]"
)
_STRUCTURE: Final = re.compile(r"[\^_]|\\(?:[cdt]?frac|sqrt|begin|[dt]?binom|choose|over|atop)")
_SUFFIX: Final = re.compile(r"(?:th|st|nd|rd|s|'s)\b")
_GAP: Final = re.compile(r"\s*")
_UNDRAWN: Final = re.compile(r"[\s()/√^_]")
_LONGEST: Final = 5000
_LONGEST_DRAWN: Final = 60
_INDENT: Final = 4  # of the lines that draw a formula
_INDENT_AFTER: Final = 2  # of the text that follows it
_BACK: Final = 200
_OPENING: Final = "([{\u201c\u2018\"'-\u2013/\u2060"


def inline(text: str) -> str:
    """The text with each formula as a readable piece of its sentence, or without it."""
    if "{" not in text:
        return text
    reader = _Reader(text)
    ends = _ends(text)
    for start, end in ends.items():
        if start >= reader.last:
            reader.read(start, end)
    return reader.done()


def _ends(text: str) -> dict[int, int]:
    """Where each formula ends, by the offset of its brace; 0 if the brace is not closed."""
    ends: dict[int, int] = {}
    opened: list[int] = []
    closed = 0
    for brace in _BRACE.finditer(text):
        if brace["formula"]:
            ends[brace.start()] = 0
        if brace[0][0] == "{":
            opened.append(brace.start())
        elif brace[0] == "}" and opened:
            closed = opened.pop()
            if closed in ends:
                ends[closed] = brace.end()
        elif brace[0] == "}" and ends.get(closed) == brace.start():
            ends[closed] = brace.end()  # one too many
    return ends


class _Reader:
    """Copies a text, formula by formula; `last` is where the copied part ends."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._parts: list[str] = []
        self.last = 0

    def done(self) -> str:
        """The text with the rest that has no formula."""
        return "".join([*self._parts, self._text[self.last :]])

    def read(self, start: int, end: int) -> None:
        """Copy up to the formula whose LaTeX begins at `start`, and the formula."""
        line = self._text.rfind("\n", self.last, start) + 1 or self.last
        alone = not self._text[line:start].strip() and (line > self.last or line == 0)
        if not (0 < end - start < _LONGEST) or self._is_broken(start, end):
            end = self._unclosed_end(start, alone=alone)
        if alone:
            self._drawn_above(line, start, end)
        else:
            self._drawn_before(start, end)

    def _is_broken(self, start: int, end: int) -> bool:
        """Whether the LaTeX has line breaks, which only a matrix or the like may have."""
        latex = self._text[start:end]
        return "\n" in latex and ("\\begin" not in latex or "\n\n" in latex)

    def _unclosed_end(self, start: int, *, alone: bool) -> int:
        """The end of the line; within a text, the end of the LaTeX command."""
        if alone:
            end = self._text.find("\n", start)
            return end if end >= 0 else len(self._text)
        command = _BRACE.match(self._text, start)
        return command.end() if command else start + 1

    def _drawn_above(self, line: int, start: int, end: int) -> None:
        top, signs = self._drawing(line)
        display = "\n\n" in self._text[top:start].partition(signs[0] if signs else "{")[0]
        formula = _readable(self._text[start:end], signs)
        self._join(self._text[self.last : top], display=display)
        self._parts.append(formula)
        self.last = end
        self._go_on()

    def _drawing(self, line: int) -> tuple[int, list[str]]:
        """Where the drawing above a line begins, and its signs."""
        signs: list[str] = []
        top = max(line - 1, self.last)
        while top > self.last:
            above = self._text.rfind("\n", self.last, top) + 1 or self.last
            drawn = self._text[above:top]
            sign = drawn.strip()
            if sign and len(drawn.expandtabs()) - len(drawn.expandtabs().lstrip()) < _INDENT:
                break
            if sign:
                signs.append(sign)
            top = max(above - 1, self.last)
        return top, signs[::-1]

    def _join(self, before: str, *, display: bool) -> None:
        """Copy the text before a formula, and what divides them."""
        text = before.rstrip() if display else before
        self._parts.append(text)
        previous = text or (self._parts[-2] if len(self._parts) > 1 else "")
        if display and (not previous or is_ended(previous)):
            self._parts.append("\n\n")
        elif previous and not previous[-1].isspace() and previous[-1] not in _OPENING:
            self._parts.append(" ")

    def _go_on(self) -> None:
        """Skip the line break after a formula, unless it ends a paragraph."""
        gap = _GAP.match(self._text, self.last)
        space = gap[0] if gap else ""
        following = self._text[self.last + len(space) :][:1]
        indent = len(space) - space.rfind("\n") - 1
        if "\n" not in space or indent >= _INDENT:
            return
        if "\n\n" in space or indent == 0:
            if following.islower() or following in ",.;:)":
                self._skip(space, " " if following.islower() else "")
        elif indent != _INDENT_AFTER or (following.isalnum() and not self._is_suffix(len(space))):
            self._skip(space, " ")
        else:
            self._skip(space, "")

    def _is_suffix(self, offset: int) -> bool:
        return _SUFFIX.match(self._text, self.last + offset) is not None

    def _skip(self, space: str, instead: str) -> None:
        self._parts.append(instead)
        self.last += len(space)

    def _drawn_before(self, start: int, end: int) -> None:
        """A formula on the line of its text: drawn right before its LaTeX, or not at all."""
        formula = _readable(self._text[start:end], [])
        drawn = self._drawn_at(start, formula)
        attached = start > self.last and not self._text[start - 1].isspace()
        self._parts.append(self._text[self.last : start if drawn is None else drawn])
        if drawn is not None or not attached or self._text[start - 1] in _OPENING:
            self._parts.append(formula)
        self.last = end

    def _drawn_at(self, start: int, formula: str) -> int | None:
        """Where the formula is drawn before its LaTeX."""
        signs = _UNDRAWN.sub("", unicodedata.normalize("NFKC", formula)).replace("\u2212", "-")
        at = start
        while signs and at > max(self.last, start - _BACK):
            at -= 1
            sign = self._text[at].replace("\u2212", "-")
            if sign == signs[-1]:
                signs = signs[:-1]
            elif not _UNDRAWN.match(sign):
                return None
        return at if not signs and at < start else None


def _readable(latex: str, signs: list[str]) -> str:
    """A formula by its LaTeX; else by the drawing, if that is short and has no structure."""
    body = latex.removeprefix("{").removesuffix("}")
    drawn = "".join(signs)
    plain = len(drawn) <= _LONGEST_DRAWN and not _STRUCTURE.search(body)
    return readable(body, drawn if plain else "")
