"""Chemical formulas, as mhchem takes them, as plain text."""

import re
from typing import Final

_PART: Final = re.compile(
    r"(?P<arrow><<?=>>?|<--?>|->|<-)(?:\[[^\[\]]*\]){0,2}"
    r"|\^(?P<raised>\d*[a-z]?[+-]+|\d+)"
    r"|_(?P<lowered>\d+)"
    r"|(?<![A-Za-z\d)\]])(?P<metal>[A-Z][a-z])(?P<ion>\d[+-])(?![\w+-])"
    r"|(?<=[A-Za-z)\]])(?P<count>\d+)"
    r"|(?<=[A-Za-z\d)\]])(?P<charge>[+-]+)(?=[\s)\],;]|$)"
    r"|(?P<gas>(?<=\s)\^(?=\s|$))"
    r"|[\^_]"
)
_ARROWS: Final = {"->": "→", "<-": "←", "<->": "↔", "<-->": "⇄"}
_RAISED: Final = str.maketrans("0123456789+-n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ")
_LOWERED: Final = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def chemical(source: str) -> str:
    """`2H2 + O2 -> 2H2O` as `2H₂ + O₂ → 2H₂O`."""
    return _PART.sub(_written, source)


def _written(part: re.Match[str]) -> str:
    if part["arrow"]:
        return f" {_ARROWS.get(part['arrow'], '⇌')} "
    if part["gas"]:
        return "↑"
    raised = part["raised"] or part["ion"] or part["charge"] or ""
    lowered = part["lowered"] or part["count"] or ""
    return (part["metal"] or "") + raised.translate(_RAISED) + lowered.translate(_LOWERED)
