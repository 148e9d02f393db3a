import csv
import io
from pathlib import Path
from typing import Any

import pytest

from app.api.schemas import Item, Problem
from app.core.errors import ShellError
from app.core.values import Digest, Missing, combine
from app.shell.formats import COLUMNS, FORMATS, Csv, JsonLines, chosen
from app.shell.options import Choice
from tests.support.fakes import ENTITIES, NEGATIVE_TONE, SUMMARY, TONE, UNREAD, UNREAD_TONE, article

JSONL, CSV = FORMATS[Choice.JSONL], FORMATS[Choice.CSV]


def digest(title: str = "Ada Lovelace", **parts: Any) -> Digest:
    return combine(article(title), term="ada", ms={}, **parts)


def failed(status: int, term: str = "ada", detail: str = "no") -> Item:
    return Item(
        term=term, problem=Problem(type="about:blank", title="x", status=status, detail=detail)
    )


ITEMS = [
    Item(term="ada", digest=digest(tone=TONE, summary=SUMMARY, entities=ENTITIES)),
    Item(term="a, \"b\" 'c'; é 🦆", digest=digest(tone=NEGATIVE_TONE)),
    failed(404),
    failed(503),
    Item(term="none"),
]


def row(item: Item) -> dict[str, str]:
    """The row of an item by column, as a reader of the whole file has it."""
    (found,) = csv.DictReader(io.StringIO(CSV.head.decode() + CSV.line(item), newline=""))
    return found


@pytest.mark.parametrize("form", [JSONL, CSV])
@pytest.mark.parametrize("item", ITEMS)
def test_a_line_is_read_as_it_was_written(form: JsonLines | Csv, item: Item) -> None:
    line = form.line(item)
    is_final = item.term != "none" and not (item.problem and item.problem.status >= 500)
    assert form.read(line.encode()) == (form.key(item.term), is_final)
    assert (line.count("\n"), line[-1]) == (1, "\n")


@pytest.mark.parametrize("item", ITEMS)
def test_a_line_of_json_is_the_item_without_empty_fields(item: Item) -> None:
    line = JSONL.line(item)
    assert Item.model_validate_json(line) == item
    assert "null" not in line


def test_a_row_has_the_main_fields_of_a_digest() -> None:
    missing = (Missing(stage="entities", reason="too slow"),)
    found = row(Item(term="ada", digest=digest(tone=TONE, summary=SUMMARY, missing=missing)))
    assert found == {
        "term": "ada",
        "status": "degraded",
        "final": "no",
        "title": "Ada Lovelace",
        "url": "urn:test:Ada Lovelace",
        "attribution": "nobody",
        "licence": "CC0 1.0",
        "language": "en",
        "revision": "",
        "tone": "NEUTRAL",
        "score": "-0.1000",
        "summary": SUMMARY.text,
        "entities": "",
        "missing": "entities: too slow",
        "problem": "",
    }
    assert list(found) == list(COLUMNS)


def test_a_row_has_all_names_and_no_tone_that_was_not_judged() -> None:
    names = ENTITIES.items[0].model_copy(update={"text": "Charles Babbage"})
    both = ENTITIES.model_copy(update={"items": (ENTITIES.items[0], names)})
    found = row(Item(term="ada", digest=digest(tone=UNREAD_TONE, entities=both)))
    assert found["entities"] == "Ada Lovelace; Charles Babbage"
    assert (found["tone"], found["score"]) == ("", "")


def test_a_row_has_the_status_and_the_detail_of_a_problem() -> None:
    found = row(failed(404, detail="nothing matches"))
    assert (found["status"], found["problem"], found["final"]) == ("404", "nothing matches", "yes")


@pytest.mark.parametrize("status", [408, 429, 503])
def test_what_a_busy_server_refused_is_not_final_in_a_row(status: int) -> None:
    assert row(failed(status, detail="later"))["final"] != "yes"


def test_what_a_stage_declined_is_final_in_a_row() -> None:
    missing = (Missing(stage="entities", reason=UNREAD, declined=True),)
    assert row(Item(term="kyoto", digest=digest(tone=TONE, missing=missing)))["final"] == "yes"


@pytest.mark.parametrize(
    ("title", "cell"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+1-2", "'+1-2"),
        ("-x", "'-x"),
        ("@SUM(1)", "'@SUM(1)"),
        ("-", "'-"),
        ("=1", "=1"),
        ("-273.15", "-273.15"),
        ("a=1", "a=1"),
        ("two\nlines\r\x1b[31m\x85", "two lines\ufffd\ufffd[31m\ufffd"),
    ],
)
def test_a_cell_is_one_line_and_no_formula(title: str, cell: str) -> None:
    assert row(Item(term=title, digest=digest(title)))["title"] == cell
    assert row(Item(term=title))["term"] == CSV.key(title) == cell


@pytest.mark.parametrize(
    "line",
    [b"a,b\n", b"\n", b'{"term":"ada"}\n', b"\xff" + b"," * 14 + b"\n", b"x" + b"," * 14 + b"\n"],
)
def test_other_data_is_no_row(line: bytes) -> None:
    with pytest.raises(ValueError, match="not a row of results"):
        CSV.read(line)


@pytest.mark.parametrize(
    ("name", "choice", "expected"),
    [
        ("a.jsonl", None, JSONL),
        ("a.ndjson", None, JSONL),
        ("a.json", None, JSONL),
        ("a.csv", None, CSV),
        ("A.CSV", None, CSV),
        ("a.csv", Choice.JSONL, JSONL),
        ("a.jsonl", Choice.CSV, CSV),
        ("a", Choice.CSV, CSV),
        ("/dev/null", None, JSONL),
        ("/dev/null", Choice.CSV, CSV),
    ],
)
def test_the_format_is_the_given_one_or_that_of_the_ending(
    name: str, choice: Choice | None, expected: JsonLines | Csv, tmp_path: Path
) -> None:
    assert chosen(tmp_path / name, choice) is expected


def test_stdout_gets_lines_of_json_by_default() -> None:
    assert chosen(None, None) is JSONL
    assert chosen(None, Choice.CSV) is CSV


@pytest.mark.parametrize("name", ["a", "a.txt", "a.csv.gz", ".csv"])
def test_an_ending_that_names_no_format_is_an_error(name: str, tmp_path: Path) -> None:
    with pytest.raises(ShellError) as raised:
        chosen(tmp_path / name, None)
    expected = "its ending names no format; name it .jsonl or .csv, or set --format"
    assert str(raised.value) == f"--output {tmp_path / name}: {expected}"
