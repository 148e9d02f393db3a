"""Plain text of the HTML that MediaWiki makes of a page."""

import re
from collections.abc import Mapping, Sequence

from lxml.etree import HTMLParser

from app.sources.titles import word_list

LONGEST = 4 * 2**20
"""The most characters of a page's HTML that are read; its text is cut far earlier."""
DEEPEST = 256
"""Elements within each other at most, as in libxml2's trees. It seeks an end tag in all of them."""
_PIECE = 50_000
"""Bytes that are parsed in one call."""
_HIDDEN = re.compile(r"(?:display\s*+:\s*+none|visibility\s*+:\s*+hidden)", re.IGNORECASE)
_SPACE = re.compile(r"\s++")
_BLOCKS = frozenset(
    {"p", "div", "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "pre", "br", "center"}
)
_HEADINGS = {f"h{level}": "=" * level for level in range(1, 7)}
_LEFT_OUT = frozenset(word_list("left_out"))
_CLASS_STARTS = tuple(entry[1:-1] for entry in _LEFT_OUT if entry.endswith("*"))
_ROLES_LEFT_OUT = frozenset({"navigation", "note", "presentation"})
_FORMULAS = frozenset({"mwe-math-element", "tex"})
_STYLES = ("{\\displaystyle", "{\\textstyle")


def plain_text(markup: str) -> str:
    r"""Paragraphs and list items on lines of their own, and `== headings ==`.

    Without tables, boxes, references, edit links, images, and whatever is hidden. A formula is
    one piece of TeX: `{\displaystyle E=mc^{2}}`.

    Raises:
        ValueError: elements are nested over `DEEPEST` deep.
    """
    reader = _Reader()
    parser = HTMLParser(target=reader, encoding="utf-8", huge_tree=True)
    source = markup[:LONGEST].encode("utf-8", "replace")
    for start in range(0, len(source), _PIECE):
        parser.feed(source[start : start + _PIECE])
    text = parser.close() if source else ""
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line.strip("= "))


class _Reader:
    """Takes lxml's events. A tree would cost the square of a tag's attributes."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._depth = 0
        self._inside = 0
        """Depth of the element that is a formula or left out, or 0."""
        self._formula: _Formula | None = None

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise ValueError(f"elements are nested over {DEEPEST} deep")
        if not self._inside:
            self._enter(name, attributes)
        if self._formula:
            self._formula.add_source(attributes)

    def _enter(self, name: str, attributes: Mapping[str, str]) -> None:
        classes = attributes.get("class", "").split()
        if name == "math" or not _FORMULAS.isdisjoint(classes):
            self._inside, self._formula = self._depth, _Formula()
        elif name in _LEFT_OUT or (attributes and _is_hidden(attributes, classes)):
            self._inside = self._depth
        elif marks := _HEADINGS.get(name):
            self._texts.append(f"\n{marks} ")
        elif name in _BLOCKS:
            self._texts.append("\n")

    def data(self, text: str) -> None:
        if self._formula:
            self._formula.texts.append(text)
        elif not self._inside:
            self._texts.append(_SPACE.sub(" ", text))

    def end(self, name: str) -> None:
        if self._inside == self._depth:
            self._texts.append(self._formula.tex() if self._formula else "")
            self._inside, self._formula = 0, None
        elif not self._inside:
            self._texts.append(f" {_HEADINGS[name]}\n" if name in _HEADINGS else "")
            self._texts.append("\n" if name in _BLOCKS else "")
        self._depth -= 1

    def close(self) -> str:
        return "".join(self._texts)


class _Formula:
    """The TeX of a formula: of its MathML, of its image, or its own text."""

    def __init__(self) -> None:
        self._source = ""
        self.texts: list[str] = []

    def add_source(self, attributes: Mapping[str, str]) -> None:
        self._source = self._source or attributes.get("alttext") or attributes.get("alt") or ""

    def tex(self) -> str:
        tex = " ".join((self._source or "".join(self.texts)).split()).strip("$ ")
        return f"{_STYLES[0]} {tex}}}" if tex and not tex.startswith(_STYLES) else tex


def _is_hidden(attributes: Mapping[str, str], classes: Sequence[str]) -> bool:
    """Whether a page hides an element from its readers, or it is no part of the article."""
    return (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or attributes.get("role") in _ROLES_LEFT_OUT
        or _HIDDEN.search(attributes.get("style", "")) is not None
        or any(f".{name}" in _LEFT_OUT or name.startswith(_CLASS_STARTS) for name in classes)
    )
