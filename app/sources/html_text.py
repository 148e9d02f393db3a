"""Plain text of the HTML that MediaWiki makes of a page.

MediaWiki's HTML is well formed, so a scan of its tags is enough: each character is read once,
whatever the page holds. The parsers of HTML 5 and libxml2 need the square of the time for deeply
nested or unclosed tags, or for many attributes.
"""

import html
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from app.sources.titles import word_list

LONGEST = 4 * 2**20
"""The most characters of a page's HTML that are read; its text is cut far earlier."""
_PIECE = 50_000
"""The most characters between two tags that are converted in one call, which holds the GIL."""
_ENTITY = 40
"""Characters of an entity such as `&CounterClockwiseContourIntegral;` at most."""
_TAG = re.compile(r"</?([a-zA-Z][^\s/>]*+)|<[!?]")
_REST = re.compile(r"""(?:[^>"']++|"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z))*+""")
_ATTRIBUTE = re.compile(
    r"""([^\s"'>/=]++)(?:\s*+=\s*+(?:"([^"]*+)|'([^']*+)|([^\s"'>]++))["']?+)?"""
)
_RAW_END = re.compile(r"</(?:script|style)", re.IGNORECASE)
_HIDDEN = re.compile(r"(?:display\s*+:\s*+none|visibility\s*+:\s*+hidden)", re.IGNORECASE)
_SPACE = re.compile(r"\s++")
_VOID = frozenset({"br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})
_BLOCKS = frozenset(
    {"p", "div", "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "pre", "br", "center"}
)
_HEADINGS = {f"h{level}": "=" * level for level in range(1, 7)}
_LEFT_OUT = frozenset(word_list("left_out"))
_CLASS_STARTS = tuple(entry[1:-1] for entry in _LEFT_OUT if entry.endswith("*"))
_ROLES_LEFT_OUT = frozenset({"navigation", "note", "presentation"})
_FORMULAS = frozenset({"mwe-math-element", "tex"})
_STYLES = ("{\\displaystyle", "{\\textstyle")


class _Tag(NamedTuple):
    """A tag, or the text between two: then `name` is empty."""

    name: str
    text: str = ""
    closes: bool = False
    attributes: Mapping[str, str] = MappingProxyType({})


def plain_text(markup: str) -> str:
    r"""Paragraphs and list items on lines of their own, and `== headings ==`.

    Without tables, boxes, references, edit links, images, and whatever is hidden. A formula is
    one piece of TeX: `{\displaystyle E=mc^{2}}`.
    """
    tags = _tags(markup[:LONGEST])
    text = "".join(_text(tag, tags) for tag in tags)
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line.strip("= "))


def _text(tag: _Tag, tags: Iterator[_Tag]) -> str:
    """What a tag adds to the text. An element that is left out is read to its end."""
    if not tag.name:
        return _SPACE.sub(" ", tag.text)
    if not tag.closes:
        classes = tag.attributes.get("class", "").split()
        if tag.name == "math" or not _FORMULAS.isdisjoint(classes):
            return _formula([tag, *_inside(tag, tags)])
        if tag.name in _LEFT_OUT or (tag.attributes and _is_hidden(tag.attributes, classes)):
            deque(_inside(tag, tags), maxlen=0)
            return ""
    if marks := _HEADINGS.get(tag.name):
        return f" {marks}\n" if tag.closes else f"\n{marks} "
    return "\n" if tag.name in _BLOCKS else ""


def _is_hidden(attributes: Mapping[str, str], classes: Sequence[str]) -> bool:
    """Whether a page hides an element from its readers, or it is no part of the article."""
    return (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or attributes.get("role") in _ROLES_LEFT_OUT
        or _HIDDEN.search(attributes.get("style", "")) is not None
        or any(f".{name}" in _LEFT_OUT or name.startswith(_CLASS_STARTS) for name in classes)
    )


def _inside(tag: _Tag, tags: Iterator[_Tag]) -> Iterator[_Tag]:
    """The tags and texts up to the end of an element."""
    depth = 0 if tag.name in _VOID else 1
    while depth and (inner := next(tags, None)):
        if inner.name == tag.name:
            depth += -1 if inner.closes else 1
        yield inner


def _formula(tags: Sequence[_Tag]) -> str:
    """The TeX of a formula: of its MathML, of its image, or its own text."""
    known = (tag.attributes.get("alttext") or tag.attributes.get("alt") for tag in tags)
    source = next(filter(None, known), "") or "".join(tag.text for tag in tags)
    tex = " ".join(source.split()).strip("$ ")
    if not tex or tex.startswith(_STYLES):
        return tex
    return f"{_STYLES[0]} {tex}}}"


def _tags(markup: str) -> Iterator[_Tag]:
    """The tags of a page, and the texts between them."""
    position = 0
    while found := _TAG.search(markup, position):
        yield from _texts(markup, position, found.start())
        if found[1] is None:
            position = _after_comment(markup, found.start())
            continue
        rest = _REST.match(markup, found.end())
        end = rest.end() if rest else len(markup)
        attributes = _attributes(markup[found.end() : end])
        tag = _Tag(found[1].lower(), "", markup[found.start() + 1] == "/", attributes)
        position = end + 1
        yield tag
        if tag.name in ("script", "style") and not tag.closes:
            raw_end = _RAW_END.search(markup, position)
            position = raw_end.start() if raw_end else len(markup)
    yield from _texts(markup, position, len(markup))


def _texts(markup: str, start: int, end: int) -> Iterator[_Tag]:
    """The text between two tags, in pieces that cut no entity."""
    while start < end:
        after = min(start + _PIECE, end)
        if after < end and (entity := markup.rfind("&", after - _ENTITY, after)) > start:
            after = entity
        yield _Tag("", html.unescape(markup[start:after]))
        start = after


def _after_comment(markup: str, start: int) -> int:
    mark = "-->" if markup.startswith("<!--", start) else ">"
    end = markup.find(mark, start)
    return len(markup) if end < 0 else end + len(mark)


def _attributes(source: str) -> dict[str, str]:
    found = _ATTRIBUTE.finditer(source)
    return {m[1].lower(): html.unescape(m[2] or m[3] or m[4] or "") for m in found}
