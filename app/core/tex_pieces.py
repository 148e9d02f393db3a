"""The pieces of a formula as plain text: fractions, roots, scripts, letters, and the spaces."""

import re
import unicodedata
from typing import Final

SPACE: Final = "\x00"
"""A space that is kept."""
GAP: Final = "\x01"
"""A space if a letter, a number or a bracket stands on either side."""
_RELATION: Final = re.compile(
    r"(?:(?<! ) ++)?+([=<>~\u2190-\u21ff\u2208-\u220b\u221d\u223c\u2243-\u228b\u228f-\u2292"
    r"\u22a2\u22a3\u22a8\u2a7d\u2a7e]) *"
)
_COMMA: Final = re.compile(r"(?:(?<! ) ++)?+([,;]) *(?=\S)")
_MARKS: Final = r"\u0300-\u036f\u20d0-\u20ff"
_SCRIPTS: Final = r"\u00b2\u00b3\u00b9\u2070-\u209c\u2032"
_SPACES: Final = re.compile(r" +(?=[ )\]}^_\u00b2\u00b3\u00b9\u2070-\u209c])|(?<=[(\[{/\u221a]) +")
_TERM: Final = rf"[\w)\]}}!|°∞…‖{_MARKS}{_SCRIPTS}]"
_PLUS: Final = re.compile(rf"(?<={_TERM}) *([+\u2212±]) +")
_SIGN: Final = re.compile(rf"(?<!{_TERM})(?<!{_TERM} )([+\u2212±]) +")
_APART: Final = re.compile(
    rf"(?<=[\w)\]!∞{_MARKS}{_SCRIPTS}]){GAP}+(?=[^\W{_SCRIPTS}]|[(\[{{√∛∜∂∇∑∏∫∮])"
)
_NUMBER: Final = r"\d+(?:\.\d+)?"
_SINGLE: Final = re.compile(rf"{_NUMBER}|.[{_MARKS}]*")
_FACTOR: Final = re.compile(
    rf"[√∛∜]?(?:{_NUMBER}|\([^()]*\)[{_SCRIPTS}]*)|[√∛∜]?[d∂]?.[{_MARKS}{_SCRIPTS}'!]*(?:\^\w)?"
)
_PRODUCT: Final = re.compile(rf"[\w∂{_MARKS}{_SCRIPTS}'!]+")
_SCRIPTED: Final = "0123456789+-\u2212=()"
_RAISED: Final = str.maketrans(_SCRIPTED + "ni\u2032*†", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ\u2032*†")
_LOWERED: Final = str.maketrans(
    _SCRIPTED + "aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ"
)


def joined(text: str) -> str:
    """The text of all pieces, with their spaces."""
    return spaced(_APART.sub(" ", text).replace(GAP, "").replace(SPACE, " "))


def spaced(formula: str) -> str:
    """A formula with spaces around relations and after commas."""
    text = _SPACES.sub("", _COMMA.sub(r"\1 ", _RELATION.sub(r" \1 ", formula)))
    return _SPACES.sub("", _SIGN.sub(r"\1", _PLUS.sub(r" \1 ", text))).strip()


def divided(over: str, under: str) -> str:
    """A fraction: in brackets what is more than a product above, or more than a factor below."""
    if not over and not under:
        return ""
    above = over if _PRODUCT.fullmatch(over) or _FACTOR.fullmatch(over) else f"({over})"
    return f"{GAP}{above}/{under if _FACTOR.fullmatch(under) else f'({under})'}{GAP}"


def chosen(over: str, under: str) -> str:
    """A binomial coefficient."""
    return f"({over}{SPACE}choose{SPACE}{under})"


def rooted(degree: str, body: str) -> str:
    """A root: in brackets what is more than a sign or a number."""
    known = {"": "√", "2": "√", "3": "∛", "4": "∜"}.get(degree)
    sign = known or (degree.translate(_RAISED) if _is_in(_RAISED, degree) else f"({degree})") + "√"
    return f"{sign}{body if not body or _SINGLE.fullmatch(body) else f'({body})'}{GAP}"


def scripted(mark: str, script: str) -> str:
    """What is raised or lowered, by `^` or `_`."""
    if script.rstrip("CF") == "∘":
        return script.replace("∘", "°")
    table = _RAISED if mark == "^" else _LOWERED
    if _is_in(table, script):
        return script.translate(table)
    return mark + (script if len(script) == 1 else f"({script})")


def greek(name: str) -> str:
    """A letter by its name; empty if there is none."""
    size = "SMALL" if name[0].islower() else "CAPITAL"
    try:
        return unicodedata.lookup(f"GREEK {size} LETTER {name.upper().replace('LAMBDA', 'LAMDA')}")
    except KeyError:
        return ""


def bare(cell: str) -> str:
    """A cell of a table without the spaces and the stops around it."""
    return cell.strip(f" {SPACE}{GAP}").rstrip(f",;. {SPACE}{GAP}")


def printed(sign: str) -> str:
    """A token of text as it is printed."""
    if sign.startswith("\\"):
        return sign[1:] if sign[1:] in "{}%$#&_" else " "
    return "" if sign in "{}$" else sign


def _is_in(table: dict[int, int], text: str) -> bool:
    return all(ord(letter) in table for letter in text)
