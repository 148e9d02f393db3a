"""Writes the dashboards: `python -m tools.dashboards FOLDER`."""

import sys
from pathlib import Path

from tools.dashboards import cluster, graph, service
from tools.dashboards.panels import dashboard_json

BOARDS = {board.NAME: board.ROWS for board in (service, graph, cluster)}


def files() -> dict[str, str]:
    """The text of each file, by its name."""
    return {f"{name}.json": dashboard_json(name, rows) for name, rows in BOARDS.items()}


def main(folder: Path) -> None:
    """Write them, and remove those that are no longer built."""
    made = files()
    for old in folder.glob("*.json"):
        if old.name not in made:
            old.unlink()
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
