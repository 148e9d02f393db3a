"""Draw panels of the dashboards: `python -m tools.dashboard_picture docs/dashboard.svg`.

The lines are what a real Prometheus has of a real server under load. They are drawn here, not by
Grafana, which no test machine has.
"""

import re
import sys
import time
from collections.abc import Iterable
from html import escape
from itertools import cycle
from math import isfinite
from pathlib import Path
from typing import NamedTuple

from devtools import prometheus
from devtools.server import Server
from tools.dashboards import graph, service
from tools.dashboards.panels import Graph
from tools.top_picture import load

PANELS = [
    panel
    for rows, row in ((service.ROWS, "Requests"), (graph.ROWS, "Stages"))
    for panel in rows[row]
    if isinstance(panel, Graph)
][:9]
LOAD_S, STEP_S, RATE = 120.0, 2.0, "30s"
COLUMNS, WIDTH, HEIGHT, PLOT = 3, 300, 200, (44, 30, 240, 110)
"""Of a panel in pixels; the plot's left, top, width and height in it."""
COLOURS = ("#1f6feb", "#d1242f", "#1a7f37", "#9a6700", "#8250df", "#bf3989", "#57606a")
UNITS = {"s": " s", "reqps": "/s", "cps": "/s", "percentunit": "", "short": ""}


class Line(NamedTuple):
    """A line of a panel: its name in the legend, and its values with their times."""

    name: str
    points: list[tuple[float, float]]


def main(file: Path) -> None:
    """Draw the panels after two minutes of load.

    Raises:
        SystemExit: Prometheus cannot be found.
    """
    program = prometheus.executable("prometheus") or sys.exit(prometheus.WANTED)
    with (
        Server("placement=distributed", "digest.cache_size=40") as server,
        prometheus.running(program, [server.metrics_port]) as seen,
    ):
        with load(server.address):
            time.sleep(LOAD_S)
        panels = [(panel, lines(seen, panel)) for panel in PANELS]
    file.write_text(drawn(panels), encoding="utf-8")


def lines(seen: prometheus.Prometheus, panel: Graph) -> list[Line]:
    """The lines of a panel."""
    return [
        Line(legend(template, series["metric"]), finite(series["values"]))
        for template, expression in panel.lines.items()
        for series in seen.history(expression.replace("[rate]", f"[{RATE}]"), LOAD_S, STEP_S)
    ]


def legend(template: str, labels: dict[str, str]) -> str:
    """The name of a series, as Grafana makes it: `{{stage}}` is the value of that label."""
    return re.sub(r"{{(\w+)}}", lambda found: labels.get(found[1], ""), template)


def finite(values: Iterable[tuple[float, str]]) -> list[tuple[float, float]]:
    """The values that are numbers: a rate of nothing has none."""
    return [(at, float(value)) for at, value in values if isfinite(float(value))]


def drawn(panels: list[tuple[Graph, list[Line]]]) -> str:
    """The panels as an image (SVG)."""
    rows = -(-len(panels) // COLUMNS)
    placed = (
        f'<g transform="translate({at % COLUMNS * WIDTH},{at // COLUMNS * HEIGHT})">'
        f"{_panel(panel, [line for line in found if line.points])}</g>"
        for at, (panel, found) in enumerate(panels)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {COLUMNS * WIDTH} {rows * HEIGHT}" '
        f'font-family="sans-serif" font-size="10"><rect width="100%" height="100%" fill="#fff"/>'
        f"{''.join(placed)}</svg>\n"
    )


def _panel(panel: Graph, found: list[Line]) -> str:
    left, top, width, height = PLOT
    most = max((value for line in found for _, value in line.points), default=0) or 1
    paths = (_path(line, most, colour) for line, colour in zip(found, cycle(COLOURS), strict=False))
    frame = f'x="{left}" y="{top}" width="{width}" height="{height}"'
    return (
        f'<text x="{left}" y="18" font-size="12" font-weight="bold">{escape(panel.title)}</text>'
        f'<rect {frame} fill="none" stroke="#d0d7de"/>'
        f'<text x="{left - 4}" y="{top + 8}" text-anchor="end">{most:.3g}{UNITS[panel.unit]}</text>'
        f'<text x="{left - 4}" y="{top + height}" text-anchor="end">0</text>'
        f"{''.join(paths)}{_legend(found)}"
    )


def _path(line: Line, most: float, colour: str) -> str:
    left, top, width, height = PLOT
    end = line.points[-1][0]
    points = (
        f"{left + width * (1 - (end - at) / LOAD_S):.1f},{top + height * (1 - value / most):.1f}"
        for at, value in line.points
    )
    return (
        f'<polyline points="{" ".join(points)}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
    )


def _legend(found: list[Line]) -> str:
    left, top, _, height = PLOT
    names = (
        f'<tspan fill="{colour}">{escape(line.name)}&#160;&#160; </tspan>'
        for line, colour in zip(found, cycle(COLOURS), strict=False)
    )
    return f'<text x="{left}" y="{top + height + 16}">{"".join(names)}</text>'


if __name__ == "__main__":
    main(Path(sys.argv[1]))
