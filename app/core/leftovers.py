"""What removed markup leaves behind: empty brackets, stray punctuation, marks of citations."""

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
_MARKS_ONLY: Final = regex.compile(r"^[ ,;:.|\u00b7\u2022*#\u2013\u2014()\[\]{}'\"-]++$", regex.M)
_CITATION: Final = regex.compile(
    rf"""(?<=[^\s(\[\u201c\u2018"'])(?<!\b\p{{L}})
       \[(?:\d{{1,3}}|[a-z]|(?:note|nb|n|fn)\ ?\d{{1,3}})\](?![\p{{L}}\p{{N}}(])
    |[ ]?\[(?:(?:{_NEEDED})\ needed|(?:{_ASKED})\?|edit)\]""",
    regex.VERBOSE | regex.IGNORECASE,
)
_ITALICS: Final = regex.compile(
    r"(?<![\w'])('{2,3}|'{5})(?=[^\s'])([^\n]{1,300}?)(?<=[^\s'])\1(?![\w'])|(?<!\S)'{2,}+(?!\S)"
)
_EMPTY: Final = regex.compile(
    rf"""(?<=[A-Za-z0-9_])\([;,\u00b7]*+\)(*SKIP)(*FAIL)
    |[ ]?(?:\([{_NOTHING}]*+\)|\uff08[{_NOTHING}{_WIDE}]*+\uff09|\[[{_NOTHING}]*+\]
      |\u201c[ ]*+\u201d|\u00ab[ ]*+\u00bb|\u300c\u300d|(?<![^\s(])""(?=[\s,.;:)]|$))""",
    regex.VERBOSE,
)
_OPENED: Final = regex.compile(
    rf"(?<=[A-Za-z0-9_])\([;,]*+\)(*SKIP)(*FAIL)|(?<![:;=8])(?<![:;=8]-)\((?:[ ,;]++(?:: ?)?|: )|\uff08[ ,;:{_WIDE}]++"
)
_CLOSED: Final = regex.compile(
    rf" [;:]\)(*SKIP)(*FAIL)|(?<![( ,;:{_WIDE}])[ ,;:{_WIDE}]++(?=[)\uff09])"
)
_DOUBLED: Final = regex.compile(r"(?<!\() ?[,;:] ?[,;](?: ?[,;])*+")
_BEFORE_STOP: Final = regex.compile(r"(?<![ ,;:.])[ ,;:]++(?=\.(?! ?\.)(?:[\s)\"'\u201d]|$))")
_BEFORE_COMMA: Final = regex.compile(r" (?=,(?:[\s)\"'\u201d]|$)|[\u3001\u3002\uff0c\uff1b])")
_TWO_STOPS: Final = regex.compile(r"(?<=[\w)])\.\.(?=\s|$)")
_AT_START: Final = regex.compile(r"^[ ,;]++", regex.MULTILINE)


def clean(text: str) -> str:
    """The text without leftovers of markup; its lines have single spaces.

    Code such as `main()` and `a[1]`, and smileys, stay.
    """
    if "|" in text:
        text = _TABLE.sub("", text)
    if "[" in text:
        text = _CITATION.sub("", text)
    if "''" in text:
        text = _ITALICS.sub(r"\2", text)
    for _ in range(_PASSES):
        before = text
        text = _brackets(text)
        if text == before:
            break
    text = _TWO_STOPS.sub(".", _BEFORE_COMMA.sub("", _BEFORE_STOP.sub("", text)))
    return _MARKS_ONLY.sub("", _AT_START.sub("", text))


def _brackets(text: str) -> str:
    text = _DOUBLED.sub(lambda found: ";" if ";" in found[0] else ",", _EMPTY.sub("", text))
    return _CLOSED.sub("", _OPENED.sub(lambda found: found[0][0], text))
