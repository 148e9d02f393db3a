"""What removed markup leaves behind: empty brackets, stray punctuation, marks of citations."""

import re
from typing import Final

import regex

_PASSES: Final = 3  # brackets within brackets
_NOTHING: Final = r" ,;:.\u2013\u2014/|\u00ad\u200b-\u200f\u2060\ufeff"
_WIDE: Final = r"\u3001\uff0c\uff1b\uff1a"
_NEEDED: Final = (
    "citation|clarification|page|year|verification|better source|quotation|attribution|update"
)
_ASKED: Final = "when|who|by whom|according to whom|where|which|why|how|clarify|vague|dubious"

_TABLE: Final = regex.compile(r"^(?:\{\||\|[-}+]|\| ).*+$", regex.MULTILINE)
_MARKS_ONLY: Final = re.compile(r"[ ,;:.|\u00b7\u2022*#\u2013\u2014()\[\]{}'\"-]++")
_CITATION: Final = re.compile(
    rf"""\[(?:\d{{1,3}}|[a-z]|(?:note|nb|n|fn)\ ?\d{{1,3}}
    |(?P<asks>(?:{_NEEDED})\ needed|(?:{_ASKED})\?|edit))\]
    (?P<page>:\ ?(?:\d++(?:[-\u2013]\d++)?+|[ivxl]{{1,8}}+)(?!\w|[.,]\w))?+""",
    re.VERBOSE | re.IGNORECASE,
)
_SPACED_CITATION: Final = re.compile(
    r"(?<! in)(?<! of)(?<! by)(?<! to)(?<! see) (?:\[\d{1,3}\])++(?=[,.;:)]?+(?:\s|$))(?! \w)"
)
_LISTEN: Final = re.compile(" ?ⓘ")
_QUOTING: Final = "([\"'\u201c\u2018"
_ITALICS: Final = regex.compile(
    r"(?<![\w'])('{2,3}|'{5})(?=[^\s'])([^\n]{1,300}?)(?<=[^\s'])\1(?![\w'])|(?<!\S)'{2,}+(?!\S)"
)
_EMPTY: Final = regex.compile(
    rf"""(?:(?<=[A-Za-z0-9_])\([;,\u00b7]*+\)|(?<=\b(?:[Tt]he|an?|empty))[ ]\(\))(*SKIP)(*FAIL)
    |[ ]?(?:\([{_NOTHING}]*+\)|\uff08[{_NOTHING}{_WIDE}]*+\uff09|\[[{_NOTHING}]*+\]
      |\u201c[ ]*+\u201d|\u00ab[ ]*+\u00bb|\u300c\u300d|(?<![^\s(])""(?=[\s,.;:)]|$))""",
    regex.VERBOSE,
)
_OPENED: Final = regex.compile(
    rf"""(?<=[A-Za-z0-9_])\([;,]*+\)(*SKIP)(*FAIL)
    |(?<![:;=8])(?<![:;=8]-)\((?:[ ,;]++(?::[ ]?)?|:[ ])|\uff08[ ,;:{_WIDE}]++""",
    regex.VERBOSE,
)
_CLOSED: Final = regex.compile(
    rf" [;:]\)(*SKIP)(*FAIL)|(?<![( ,;:{_WIDE}])[ ,;:{_WIDE}]++(?=[)\uff09])"
)
_BRACKET: Final = regex.compile(
    r"""(?<![A-Za-z0-9_:;=])(?<![:;=8]-)(?:\((?:[^()\[\]]++|\([^()]*+\)|\[[^\[\]]*+\]){0,60}+\)
    |\uff08[^\uff08\uff09]*+\uff09)""",
    regex.VERBOSE,
)
_STUBS: Final = (
    r"n[ée]e?|born|died|also(?:\ (?:known|spelled|written)\ as)?|or|and|formerly|meaning|released"
    r"|pronounced(?:\ or)?|stylized\ as|from(?:\ \p{Lu}\w*+){1,3}|(?:abbr|c|ca|b|d|r|lit|pop|tr)\."
)
_QUOTED: Final = "''|\"\"|\u2018\u2019|\u201c\u201d"
_LABEL: Final = regex.compile(
    rf"""(?:^|(?<=[(,;\u3001\uff0c\uff1b]))\s*+(?:
      (?:\p{{Han}}|\p{{L}}[^:\uff1a,;()\[\]\d\u3001\uff0c\uff1b]{{1,40}}+)(?<!\s)[:\uff1a]
        [\s\u200e\u200f]*+(?:{_QUOTED}|\[\ *+\]|/\ *+/)?+
      |(?:{_STUBS})[\s\u200e\u200f]++(?:{_QUOTED})?+
      |listen|(?:listen\ ?·\ ?)?+help\ ?·\ ?info
      |{_QUOTED}
    )[\s\u200e\u200f]*+(?=[,;)\u3001\uff0c\uff1b]|$)
    |(?<=\d)\s[\u2013\u2014-]\s*+(?=[,;)]|$)""",
    regex.VERBOSE,
)
# The patterns above are slow to search for; these say quickly whether there is anything to find.
_ANY_EMPTY: Final = re.compile(
    rf"[(\[\uff08\u201c\u00ab\u300c\"][{_NOTHING}{_WIDE}]*+[)\]\uff09\u201d\u00bb\u300d\"]"
)
_ANY_OPENED: Final = re.compile(r"[(\uff08][ ,;:\u3001\uff0c\uff1b\uff1a]")
_ANY_CLOSED: Final = re.compile(rf"[ ,;:{_WIDE}][)\uff09]")
_ANY_DOUBLED: Final = re.compile(r"[,;:] ?[,;]")
_ANY_BEFORE: Final = re.compile(r"[ ,;:]\.")
_ANY_SPACED: Final = re.compile(r" [,\u3001\u3002\uff0c\uff1b]")
_DOUBLED: Final = re.compile(r" ?[,;:] ?[,;](?: ?[,;])*+(?!\))")
_BEFORE_STOP: Final = regex.compile(r"(?<![ ,;:.])[ ,;:]++(?=\.(?! ?\.)(?:[\s)\"'\u201d]|$))")
_BEFORE_COMMA: Final = regex.compile(r" (?=,(?:[\s)\"'\u201d]|$)|[\u3001\u3002\uff0c\uff1b])")
_TWO_STOPS: Final = re.compile(r"\.\.(?<=[\w)]\.\.)(?=\s|$)")


def clean(text: str) -> str:
    """The text without leftovers of markup; its lines have single spaces.

    Code such as `main()` and `a[1]`, and smileys, stay.
    """
    if "|" in text:
        text = _TABLE.sub("", text)
    return "\n".join(map(_line, text.split("\n")))


def _line(line: str) -> str:
    if "[" in line:
        line = _SPACED_CITATION.sub("", line)
        line = _CITATION.sub(_cited, line)
    if "\u24d8" in line:
        line = _LISTEN.sub("", line)
    if "''" in line:
        line = _ITALICS.sub(r"\2", line)
    for _ in range(_PASSES):
        before = line
        line = _brackets(line)
        if line == before:
            break
    if _ANY_BEFORE.search(line):
        line = _BEFORE_STOP.sub("", line)
    if _ANY_SPACED.search(line):
        line = _BEFORE_COMMA.sub("", line)
    line = _TWO_STOPS.sub(".", line)
    return "" if _MARKS_ONLY.fullmatch(line) else line.lstrip(" ,;")


def _cited(found: re.Match[str]) -> str:
    """Nothing for a citation; `a[1]` and "[a]t first" are none."""
    before, after = (
        found.string[max(0, found.start() - 2) : found.start()],
        found.string[found.end() : found.end() + 1],
    )
    attached = before and not before[-1].isspace() and before[-1] not in _QUOTING
    variable = before[-1:].isalpha() and not before[:-1].isalpha()
    goes_on = after.isalnum() or after == "("
    if not found["asks"] and (not attached or variable or goes_on):
        return found[0]
    page = found["page"] or ""
    return page if page.startswith(": ") and before[-1:].isalnum() else ""


def _unlabelled(found: regex.Match[str]) -> str:
    """A bracket without the labels of removed text, and without words that led to it."""
    inside = _EMPTY.sub("", _LABEL.sub("", found[0][1:-1]))
    return f"{found[0][0]}{_LABEL.sub('', inside)}{found[0][-1]}"


def _brackets(line: str) -> str:
    if "(" in line or "\uff08" in line:
        line = _BRACKET.sub(_unlabelled, line)
    if _ANY_EMPTY.search(line):
        line = _EMPTY.sub("", line)
    if _ANY_DOUBLED.search(line):
        line = _DOUBLED.sub(lambda found: ";" if ";" in found[0] else ",", line)
    if _ANY_OPENED.search(line):
        line = _OPENED.sub(lambda found: found[0][0], line)
    return _CLOSED.sub("", line) if _ANY_CLOSED.search(line) else line
