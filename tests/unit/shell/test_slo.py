import json
from pathlib import Path

import pytest

from app.core.errors import ShellError
from app.shell.objectives import Measured, queries
from app.shell.slo import measured
from tests.support.json_server import JsonServer

LINES = '{"status": 200, "seconds": 0.5}\n{"status": 500, "seconds": 1}\n'


def vector(*values: str) -> str:
    """Prometheus' answer with these values."""
    result = [{"metric": {}, "value": [1_700_000_000.0, value]} for value in values]
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}})


def test_a_file_of_lines_is_read(tmp_path: Path) -> None:
    file = tmp_path / "load.jsonl"
    file.write_text(LINES, encoding="utf-8")
    assert measured(str(file), "1h", "") == Measured(2, 1, 0.5)


@pytest.mark.parametrize(
    ("content", "reason"), [(None, "No such file or directory"), (b"\xff\xfe", "it is not UTF-8")]
)
def test_a_file_that_cannot_be_read_is_an_error(
    tmp_path: Path, content: bytes | None, reason: str
) -> None:
    file = tmp_path / "load.jsonl"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ShellError, match=f"load.jsonl cannot be read: {reason}"):
        measured(str(file), "1h", "")


def test_prometheus_answers_the_queries_of_the_window() -> None:
    with JsonServer(vector("100"), vector("2"), vector("0.25")) as server:
        assert measured(f"{server.address}/", "30m", 'namespace="a"') == Measured(100, 2, 0.25)
    assert [query["query"] for query in server.queries] == list(queries("30m", 'namespace="a"'))
    assert set(server.paths) == {"/api/v1/query"}


def test_an_empty_or_undefined_answer_is_nothing() -> None:
    with JsonServer(vector(), vector(), vector("NaN")) as server:
        assert measured(server.address, "1h", "") == Measured(0, 0, None)


def test_something_else_than_a_prometheus_is_an_error() -> None:
    expected = "answered with HTTP status 400, and not as expected"
    with (
        JsonServer('{"status": "error"}', status=400) as server,
        pytest.raises(ShellError, match=expected),
    ):
        measured(server.address, "1h", "")
