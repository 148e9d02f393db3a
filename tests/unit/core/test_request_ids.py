import re

import pytest

from app.core.request_ids import VALID, chosen, trace_in

NEW = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize("given", ["1", "abc-DEF_1.2:3", "Root=1-67@x/+=", 128 * "x"])
def test_a_valid_id_is_kept(given: str) -> None:
    assert chosen([given]) == given


@pytest.mark.parametrize(
    "given",
    [
        [],
        [""],
        [129 * "x"],
        ["a b"],
        ['a"b'],
        ["a\nb"],
        ["a\n"],
        ["caf\u00e9"],
        ["{}"],
        ["<a>"],
        ["a,b"],
        ["a", "b"],
    ],
)
def test_any_other_id_is_replaced_by_a_new_one(given: list[str]) -> None:
    found = {chosen(given) for _ in range(10)}
    assert len(found) == 10
    assert all(NEW.fullmatch(one) and re.fullmatch(VALID, one) for one in found)


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (f"00-{TRACE}-00f067aa0ba902b7-01", TRACE),
        (f"01-{TRACE}-00f067aa0ba902b7-01-later", TRACE),
        ("", ""),
        (TRACE, ""),
        (f"ff-{TRACE}-00f067aa0ba902b7-01", ""),
        (f"00-{32 * '0'}-00f067aa0ba902b7-01", ""),
        (f"00-{TRACE.upper()}-00f067aa0ba902b7-01", ""),
        (f"00-{TRACE}-00f067aa0ba902b7-011", ""),
        (f"00-{TRACE}-00f067aa0ba902b7-01\n", ""),
    ],
)
def test_the_trace_is_read_from_a_valid_header(header: str, found: str) -> None:
    assert trace_in(header) == found
