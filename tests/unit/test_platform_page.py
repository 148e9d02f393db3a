"""The table in docs/platform.md names values and tests that exist."""

import re
from collections.abc import Iterator
from typing import Any, get_args, get_origin

import pytest
from pydantic import BaseModel

from tests.support.chart import CHART, ROOT
from tools.chart_values import Values

TEXT = (ROOT / "docs" / "platform.md").read_text("utf-8").split("## What is asked")[1]
ROWS = [
    tuple(cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1])
    for line in TEXT.splitlines()
    if line.startswith("| ")
][2:]
PODS = ("head", "workers.NAME", "faultTolerance.redis", "models.fill", "helmTest")
SUITES = {file.name for file in (CHART / "tests").iterdir()}
SUITES |= {file.name for file in (ROOT / "tests").rglob("test_*.py")}


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def values() -> Iterator[str]:
    """The paths of all values in the table, for each pod that they are about."""
    for path in {name for row in ROWS for name in quoted(row[2])}:
        yield from (path.replace("POD", pod) for pod in PODS) if "POD" in path else [path]


def knows(section: Any, path: list[str]) -> bool:
    """Whether the types have this value; what is below a mapping of any keys is not checked."""
    if not path:
        return True
    if get_origin(section) is dict:
        return knows(get_args(section)[1], path[1:])
    models = [kind for kind in (section, *get_args(section)) if _is_model(kind)]
    if not models:
        return False
    fields = {field.alias or name: field for name, field in models[0].model_fields.items()}
    return path[0] in fields and knows(fields[path[0]].annotation, path[1:])


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


@pytest.mark.parametrize("path", sorted(set(values())))
def test_a_value_of_the_table_exists(path: str) -> None:
    assert knows(Values, path.split("."))


@pytest.mark.parametrize("path", ["head.schedulrName", "workers.NAME.gpus", "operator.x"])
def test_a_value_that_does_not_exist_is_found(path: str) -> None:
    assert not knows(Values, path.split("."))


def test_the_tests_of_the_table_exist() -> None:
    assert {name for row in ROWS for name in quoted(row[3])} <= SUITES


def test_a_row_has_a_test_or_a_reason() -> None:
    assert len(ROWS) >= 55
    for asked, answer, _, test in ROWS:
        assert test or len(answer.split()) >= 3, asked
