"""tools/dashboard_picture.py: panels as an image."""

import re

from tools.dashboard_picture import LOAD_S, Line, drawn, finite, legend
from tools.dashboards.panels import Graph

PANEL = Graph("Answers & time", "", {}, "s")
LINE = re.compile(r'<polyline points="([^"]*)"')


def test_a_line_is_drawn_from_the_oldest_value_at_the_left_to_the_largest_at_the_top() -> None:
    image = drawn(
        [(PANEL, [Line("p50", [(100.0, 0.0), (100 + LOAD_S / 2, 2), (100 + LOAD_S, 1)])])]
    )
    (points,) = LINE.findall(image)
    assert points == "44.0,140.0 164.0,30.0 284.0,85.0"
    assert ">2 s<" in image
    assert "Answers &amp; time" in image


def test_a_line_without_values_is_left_out() -> None:
    image = drawn([(PANEL, [Line("a line", [])])])
    assert LINE.findall(image) == []
    assert "a line" not in image


def test_a_name_in_the_legend_has_the_values_of_its_labels() -> None:
    assert legend("{{stage}} {{reason}}", {"stage": "entities"}) == "entities "
    assert legend("p50", {}) == "p50"


def test_values_that_are_no_numbers_are_left_out() -> None:
    assert finite([(1.0, "NaN"), (2.0, "0.5"), (3.0, "+Inf")]) == [(2.0, 0.5)]
