import gzip
import json

import pytest

from app.core.errors import Unreadable
from app.sources.bodies import LARGEST, PARTS, json_object, unpacked
from tests.support.work import within

BODY = b'{"query": {}}'


@pytest.mark.parametrize("encoding", ["gzip", "GZIP"])
def test_a_packed_body_is_unpacked(encoding: str) -> None:
    assert unpacked(gzip.compress(BODY), encoding) == BODY


@pytest.mark.parametrize("encoding", ["", "identity"])
def test_another_body_is_returned_as_it_is(encoding: str) -> None:
    assert unpacked(BODY, encoding) == BODY
    assert len(unpacked(b" " * LARGEST, encoding)) == LARGEST


def test_the_first_mebibyte_may_be_packed_as_well_as_gzip_can() -> None:
    body = b" " * 2**20
    assert unpacked(gzip.compress(body), "gzip") == body


@pytest.mark.parametrize(
    ("sent", "encoding", "message"),
    [
        (b" " * (LARGEST + 1), "", "more than 8 MiB"),
        (gzip.compress(bytes(range(256)) * 2**15 + BODY, 0), "gzip", "more than 8 MiB"),
        (gzip.compress(b" " * 2**22), "gzip", "100 times what it sent, or more"),
        (BODY, "gzip", "broken compression"),
    ],
    ids=["long", "long once unpacked", "bomb", "broken"],
)
def test_a_body_that_cannot_be_read_is_described(sent: bytes, encoding: str, message: str) -> None:
    with pytest.raises(Unreadable, match=message):
        unpacked(sent, encoding)


@pytest.mark.parametrize("start", ["", "\ufeff", " \n"])
def test_a_json_object_is_read(start: str) -> None:
    read = {"text": 'a "b" [c], {d}: e\\', "é": [1, {}]}
    assert json_object(f"{start}{json.dumps(read)}".encode()) == read


def test_a_long_text_is_one_part() -> None:
    assert json_object(json.dumps({"text": '[{"x": 1}, ' * PARTS}).encode())


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b" \n", "an empty page"),
        (b" <html>", "HTML instead of JSON"),
        (b"[{}]", "JSON that is not an object"),
        (b'{"a', "broken JSON"),
        (b'{"a": "\xff"}', "broken JSON"),
        (b'{"a":' * 50_000, "broken JSON"),
    ],
)
def test_what_is_no_json_object_is_described(body: bytes, message: str) -> None:
    with pytest.raises(Unreadable, match=message):
        json_object(body)


@pytest.mark.parametrize(
    "unit", ["[],", "{},", "1,", '"",', "[[[]]],", '{"a":1},', "0.1,", '"\\"', "[", '\\"', ',"']
)
def test_an_answer_of_many_parts_costs_a_few_hundredths_of_a_second(unit: str) -> None:
    """They would keep all threads for one and a half."""
    body = f'{{"a": [{unit * (LARGEST // len(unit))}]}}'.encode()
    with within(10), pytest.raises(Unreadable):
        json_object(body)


def test_as_many_parts_as_are_read_cost_a_few_hundredths_of_a_second() -> None:
    members: dict[str, list[int]] = {str(number): [] for number in range(PARTS // 3 - 10)}
    body = json.dumps(members).encode()
    with within(10):
        found = json_object(body)
    assert len(found) == len(members)
