"""Writes the tables of docs/metrics.md from the types: `python -m tools.metrics_page FILE`."""

import sys
from collections.abc import Iterable
from pathlib import Path

from app.metrics.kinds import Histogram, Label, Metric
from app.metrics.table import METRICS
from tools.settings_page import replace_tables

PREFIX = "wiki_digest_"


def main(page: Path) -> None:
    """Replace the tables between the markers in `page`."""
    replace_tables(page, tables())


def tables() -> dict[str, str]:
    """Return the tables by the name of their marker."""
    labels = dict.fromkeys(label for metric in METRICS for label in metric.labels)
    return {
        "metrics": _table(("metric", "type", "labels", "what it is"), map(_row, METRICS)),
        "labels": _table(("label", "of", "values", "what it is"), map(_label, labels)),
        "buckets": _table(
            ("histogram", "unit", "upper bounds of its buckets"),
            (_buckets(one) for one in METRICS if isinstance(one, Histogram)),
        ),
    }


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ("---",) * len(head), *rows])


def _row(metric: Metric) -> tuple[str, ...]:
    labels = ", ".join(f"`{label.name}`" for label in metric.labels)
    return f"`{metric.exported}`", type(metric).__name__.lower(), labels, metric.help


def _label(label: Label) -> tuple[str, ...]:
    values = ", ".join(f"`{value}`" for value in label.values) or "one"
    users = [one.name.removeprefix(PREFIX) for one in METRICS if label in one.labels]
    return f"`{label.name}`", ", ".join(users), values, label.help


def _buckets(metric: Histogram) -> tuple[str, ...]:
    bounds = ", ".join(f"{bound:,g}" for bound in metric.buckets)
    return f"`{metric.exported}`", metric.unit, bounds


if __name__ == "__main__":
    main(Path(sys.argv[1]))
