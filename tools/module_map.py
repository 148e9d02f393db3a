"""Writes the list of modules in `app/__init__.py`: `python -m tools.module_map app`."""

import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

LAYERS = (
    ("core",),
    ("config",),
    ("metrics",),
    ("sources", "models"),
    ("stages",),
    ("driver",),
    ("api",),
    ("serving",),
    ("graph",),
    ("local",),
    ("shell",),
    ("cli",),
)
"""Folders and modules of `app`, the lowest layer first; tests hold imports to this order."""
BEGIN, END = "it here:\n\n", "\nThe command:"
NAME_WIDTH = 10
LINE_WIDTH = 80


def main(package: Path) -> None:
    """Replace the list in the docstring of `package`."""
    file = package / "__init__.py"
    before, begun, rest = file.read_text("utf-8").partition(BEGIN)
    _, ended, after = rest.partition(END)
    assert begun, f"{file} lacks {BEGIN!r}"
    assert ended, f"{file} lacks {END!r}"
    file.write_text(before + BEGIN + module_list(package) + END + after, "utf-8")


def module_list(package: Path) -> str:
    """A line for each folder with its modules, or for each module at the root."""
    names = (name for layer in LAYERS for name in layer)
    return "".join(f"    {line}\n" for name in names for line in _lines(package / name))


def _lines(place: Path) -> Iterator[str]:
    if not place.is_dir():
        yield place.name
        return
    modules = sorted(file.stem for file in place.glob("*.py") if file.stem != "__init__")
    for line in textwrap.wrap(" ".join(modules), LINE_WIDTH):
        yield f"{place.name + '/':{NAME_WIDTH}}{line}"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
