"""Tables and a chart of what was measured."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

BAR_WIDTH = 420
ROW = 26
LABELS = 250
COLOURS = {True: "#2f6f9f", False: "#b8b8b0"}

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
"""The rounds of each subject."""


def median(rounds: Sequence[Mapping[str, Any]], key: str) -> float:
    """The median of one figure over the rounds."""
    return statistics.median(float(one[key]) for one in rounds)


def cell(rounds: Sequence[Mapping[str, Any]], key: str, digits: int) -> str:
    """The median, and the range if there are several rounds."""
    values = [float(one[key]) for one in rounds if key in one]
    if not values:
        return ""
    middle = f"{statistics.median(values):,.{digits}f}"
    spread = f" ({min(values):,.{digits}f}–{max(values):,.{digits}f})"
    return middle + (spread if len(values) > 1 else "")


def table(found: Rows, reference: str) -> str:
    """A Markdown table with a row for each subject; rates relative to `reference`.

    Rates and CPU are of answers with a status of 200; what failed has a column of its own.
    """
    head = [
        "subject",
        "start s",
        "PSS MiB",
        "p50 ms",
        "p99 ms",
        "answers/s",
        "ratio",
        "CPU ms/answer",
        "failed",
    ]
    lines = [head, ["---"] * len(head)]
    base = median(found[reference], "rate") if reference in found else 0
    for name, rounds in found.items():
        ratio = f"{median(rounds, 'rate') / base:.2f}" if base else ""
        lines.append(
            [
                name,
                cell(rounds, "start_s", 1),
                cell(rounds, "pss_mib", 0),
                cell(rounds, "p50_ms", 0),
                cell(rounds, "p99_ms", 0),
                cell(rounds, "rate", 1),
                ratio,
                cell(rounds, "cpu_ms", 0),
                cell(rounds, "failed", 0),
            ]
        )
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def chart(found: Rows, key: str, title: str) -> str:
    """An SVG bar chart of one figure; this project's bars are coloured."""
    values = {name: median(rounds, key) for name, rounds in found.items()}
    most = max(values.values())
    bars = [
        _bar(at, name, value, BAR_WIDTH * value / most)
        for at, (name, value) in enumerate(sorted(values.items(), key=lambda item: -item[1]))
    ]
    height = ROW * (len(bars) + 2)
    width = LABELS + BAR_WIDTH + 90
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="13">'
        f'<rect width="{width}" height="{height}" fill="#fff"/>'
        f'<text x="10" y="18" font-weight="bold">{escape(title)}</text>{"".join(bars)}</svg>\n'
    )


def _bar(at: int, name: str, value: float, width: float) -> str:
    top = ROW * (at + 1) + 4
    return (
        f'<text x="{LABELS - 8}" y="{top + 14}" text-anchor="end">{escape(name)}</text>'
        f'<rect x="{LABELS}" y="{top}" width="{width:.1f}" height="{ROW - 8}" '
        f'fill="{COLOURS[name.startswith("ours")]}"/>'
        f'<text x="{LABELS + width + 6:.1f}" y="{top + 14}">{value:,.1f}</text>'
    )
