"""Lines, and their JSON."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.serving.log_lines import Lines, as_json, is_json_object

ORIGIN = {"node": "head", "file": "raylet.out"}


@given(st.lists(st.binary(max_size=9), max_size=9), st.lists(st.integers(0, 90), max_size=9))
def test_lines_do_not_depend_on_how_the_bytes_arrive(parts: list[bytes], cuts: list[int]) -> None:
    data = b"\n".join(parts)
    lines, at = Lines(100), [0, *sorted(cuts), len(data)]

    pieces = [data[a:b] for a, b in pairwise(at)]
    found = [line for piece in pieces for line, _ in lines.feed(piece)]

    assert found + [line for line, _ in lines.rest()] == [p for p in data.split(b"\n") if p]


def test_a_half_written_line_waits_for_its_end() -> None:
    lines = Lines(100)

    assert list(lines.feed(b"one\ntw")) == [(b"one", 0)]
    assert list(lines.feed(b"o\n")) == [(b"two", 0)]
    assert list(lines.rest()) == []


def test_of_a_long_line_the_beginning_is_kept_in_bounded_memory() -> None:
    lines = Lines(4)

    assert [found for _ in range(3) for found in lines.feed(b"12345")] == []
    assert list(lines.feed(b"\nnext\n")) == [(b"1234", 11), (b"next", 0)]


@pytest.mark.parametrize("line", [b"{}", b'{"message": "caf\xc3\xa9 {}"}', b'{"a": {"b": [1]}} '])
def test_an_object_is_written_as_it_is(line: bytes) -> None:
    assert as_json(line, 0, ORIGIN) == line + b"\n"


@pytest.mark.parametrize(
    "line",
    [
        b"INFO 2026 -- Controller starting",
        b'{"asctime": "2026", "mess',
        b'{"a": 1} {"b": 2}',
        b'{"a": "\x01"}',
        b'"a string"',
        b"[1]",
        b'{"a": "\xff"}',
        b"{" + b'"a": [' + 100_000 * b"[",
    ],
)
def test_any_other_line_is_the_message_of_an_object(line: bytes) -> None:
    assert not is_json_object(line)
    written = as_json(line, 0, ORIGIN)
    assert written.count(b"\n") == 1
    assert json.loads(written) == ORIGIN | {"message": line.decode(errors="replace")}


def test_a_cut_line_says_how_much_is_missing() -> None:
    assert json.loads(as_json(b"{}", 7, ORIGIN)) == ORIGIN | {"message": "{}", "bytes_cut": 7}
