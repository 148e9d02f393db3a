"""The formats of results: a line of JSON, or a row of CSV, for each item."""

import csv
import io
import re
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple, Protocol

from app.api.schemas import Item
from app.core.errors import ShellError
from app.core.values import Digest
from app.shell.options import Choice
from app.shell.sanitize import as_json

_LOWEST_SERVER_ERROR = 500
_TRY_AGAIN = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)
_START_OF_LINE = b'{"term":'
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")
_FORMULA = re.compile(r"[=+@-](?!\d+(\.\d+)?$)")
"""Spreadsheets calculate a cell that begins so and is no number."""
COLUMNS = (
    *("term", "status", "final", "title", "url", "attribution", "licence", "language", "revision"),
    *("tone", "score", "summary", "entities", "missing", "problem"),
)
_FINAL = {"yes": True, "no": False}


class Done(NamedTuple):
    """What a line says of its term; a retry would return the same if it is final."""

    term: str
    is_final: bool


class Format(Protocol):
    """How items are written, and read again; `head` is the first line of a file."""

    head: bytes

    def line(self, item: Item) -> str:
        """An item as one line."""

    def key(self, term: str) -> str:
        """A term as its line holds it."""

    def read(self, line: bytes) -> Done:
        """What a whole line says.

        Raises:
            ValueError: it is no line of this format.
        """

    def is_truncated(self, line: bytes) -> bool:
        """Whether this is the beginning of a line."""


class JsonLines:
    """An item as JSON, without its empty fields."""

    head = b""

    def line(self, item: Item) -> str:
        """See `Format`."""
        return as_json(item) + "\n"

    def key(self, term: str) -> str:
        """See `Format`."""
        return term

    def read(self, line: bytes) -> Done:
        """See `Format`."""
        item = Item.model_validate_json(line)
        return Done(item.term, is_final(item))

    def is_truncated(self, line: bytes) -> bool:
        """See `Format`."""
        is_result = line.startswith(_START_OF_LINE) or _START_OF_LINE.startswith(line)
        return is_result and not line.endswith(b"\n")


class Csv:
    """The main fields of an item as one row, for spreadsheets."""

    head = f"{','.join(COLUMNS)}\n".encode()

    def line(self, item: Item) -> str:
        """See `Format`."""
        found, problem = item.digest, item.problem
        values = _values(found) if found else {"status": str(problem.status) if problem else ""}
        values["term"] = item.term
        values["final"] = "yes" if is_final(item) else "no"
        values["problem"] = problem.detail if problem else ""
        row = io.StringIO()
        cells = (_cell(values.get(name, "")) for name in COLUMNS)
        csv.writer(row, lineterminator="\n").writerow(cells)
        return row.getvalue()

    def key(self, term: str) -> str:
        """See `Format`."""
        return _cell(term)

    def read(self, line: bytes) -> Done:
        """See `Format`."""
        try:
            (row,) = csv.reader([line.decode()])
            values = dict(zip(COLUMNS, row, strict=True))
            return Done(values["term"], _FINAL[values["final"]])
        except (ValueError, KeyError, csv.Error):
            raise ValueError("not a row of results") from None

    def is_truncated(self, line: bytes) -> bool:
        """See `Format`."""
        return not line.endswith(b"\n")


FORMATS: dict[Choice, Format] = {Choice.JSONL: JsonLines(), Choice.CSV: Csv()}
_ENDINGS = {
    ".jsonl": Choice.JSONL,
    ".ndjson": Choice.JSONL,
    ".json": Choice.JSONL,
    ".csv": Choice.CSV,
}


def chosen(output: Path | None, choice: Choice | None) -> Format:
    """The format that was asked for, or that of the file's ending; lines of JSON for stdout.

    Raises:
        ShellError: the ending says nothing.
    """
    if choice is None and output and (output.is_file() or not output.exists()):
        choice = _ENDINGS.get(output.suffix.lower())
        if choice is None:
            ask = "name it .jsonl or .csv, or set --format"
            raise ShellError(f"--output {output}: its ending names no format; {ask}")
    return FORMATS[choice or Choice.JSONL]


def is_final(item: Item) -> bool:
    """Whether a retry would return the same: no stage failed, and the server was able to answer."""
    if item.problem is not None:
        return item.problem.status < _LOWEST_SERVER_ERROR and item.problem.status not in _TRY_AGAIN
    return item.digest is not None and all(one.declined for one in item.digest.missing)


def _values(digest: Digest) -> dict[str, str]:
    tone, summary, entities = digest.tone, digest.summary, digest.entities
    return {
        "status": digest.status.value,
        "title": digest.title,
        "url": digest.url,
        "attribution": digest.attribution,
        "licence": digest.licence.name,
        "language": digest.language,
        "revision": digest.revision or "",
        "tone": (tone.label or "") if tone else "",
        "score": f"{tone.score:.4f}" if tone and tone.score is not None else "",
        "summary": summary.text if summary else "",
        "entities": "; ".join(entity.text for entity in entities.items) if entities else "",
        "missing": "; ".join(f"{one.stage}: {one.reason}" for one in digest.missing),
    }


def _cell(text: str) -> str:
    """A text on one line, which spreadsheets do not take for a formula."""
    plain = _CONTROLS.sub("\ufffd", text.replace("\n", " "))
    return f"'{plain}" if _FORMULA.match(plain) else plain
