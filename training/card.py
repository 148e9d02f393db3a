"""Writes a model card: README.md for people and scores.json for programs."""

import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from string import Template
from typing import Any, Final

from training.scores import Interval, Tally

TEMPLATES: Final = Path(__file__).parent / "cards"
_TOOLS: Final = ("torch", "transformers", "tokenizers", "onnxruntime", "onnx")


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table; floats have three decimals."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def _cell(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def tally_rows(tallies: Mapping[str, Tally], before: Sequence[object] = ()) -> list[list[object]]:
    """Rows for a table: class, precision, recall, F1, support."""
    return [[*before, name, *one] for name, one in tallies.items()]


def plain(value: Any) -> Any:
    """The value with each Tally as a mapping: JSON would drop the names of a tuple."""
    if isinstance(value, Tally | Interval):
        return value._asdict()
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    return value


def tools() -> dict[str, str]:
    """The versions of the libraries used in training and export."""
    return {name: version(name) for name in _TOOLS}


def write(folder: Path, name: str, scores: Mapping[str, Any], prose: Mapping[str, str]) -> None:
    """Fill the template `cards/name.md` with `prose`, and write both files."""
    text = Template((TEMPLATES / f"{name}.md").read_text(encoding="utf-8")).substitute(prose)
    (folder / "README.md").write_text(text, encoding="utf-8")
    numbers = json.dumps(rounded(plain({**scores, "tools": tools()})), indent=2)
    (folder / "scores.json").write_text(numbers + "\n", encoding="utf-8")


def rounded(value: Any) -> Any:
    """The value with four decimals in each float."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, Mapping):
        return {key: rounded(one) for key, one in value.items()}
    return [rounded(one) for one in value] if isinstance(value, list) else value
