"""The threat model names a test for each of its lines, and each exists."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
_ROW = re.compile(r"^\| (?P<what>[^|]+) \| [^|]+ \| (?P<tests>[^|]*)\|$", re.MULTILINE)
ROWS = {
    row["what"]: re.findall(r"`([^`]+)`", row["tests"])
    for row in _ROW.finditer(PAGE)
    if "---" not in row["what"] and row["tests"].strip() != "test"
}
NAMED = sorted({test for tests in ROWS.values() for test in tests})


def names_in(file: Path) -> set[str]:
    """The tests of a file of pytest, or of helm-unittest."""
    text = file.read_text("utf-8")
    if file.suffix == ".yaml":
        return set(re.findall(r"^  - it: (.+)$", text, re.MULTILINE))
    functions = (node for node in ast.walk(ast.parse(text)) if hasattr(node, "name"))
    return {function.name for function in functions}


@pytest.mark.parametrize("named", NAMED)
def test_a_named_test_exists(named: str) -> None:
    path, _, name = named.partition("::")
    assert name in names_in(ROOT / path if path.startswith("deploy") else ROOT / "tests" / path)


@pytest.mark.parametrize("what", ROWS)
def test_each_line_names_a_test(what: str) -> None:
    assert ROWS[what]


def test_the_page_is_linked() -> None:
    for page in ("README.md", "docs/operations.md"):
        assert "security.md" in (ROOT / page).read_text("utf-8")
