"""The report of `make hostile` names each bound that an attack has broken."""

import math

import pytest

from tests.hostile.report import Row, table
from tests.hostile.victim import Answer

GOOD = [Answer("200", 0.1)] * 200
MEMORY = (100 * 2**20, 104 * 2**20)
ROW = Row("serve", "idle", 4_200, {"408": 4_200}, GOOD, GOOD, 50.0, *MEMORY, 1.0, 0.015)
MISSED = [Answer("503", 0.1, is_new=True)]
SLOW = GOOD[2:] + [Answer("200", 2.5)] * 2


def test_an_attack_within_all_bounds_has_no_fault() -> None:
    assert list(ROW.faults()) == []


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (
            ROW._replace(answers=GOOD[3:] + [Answer("503", 0.1)] * 3),
            "98.5% of hits answered (503 x 3)",
        ),
        (
            ROW._replace(answers=GOOD + [Answer("200", 0.1, is_new=True)] * 50 + MISSED),
            "98.0% of misses answered (503 x 1)",
        ),
        (ROW._replace(answers=SLOW), "p99 2.50 s"),
        (ROW._replace(after=106 * 2**20), "memory grew by 6.0%"),
        (ROW._replace(back_s=5.5), "full speed after 5.5 s"),
        (ROW._replace(back_s=math.inf), "full speed after inf s"),
    ],
    ids=["hits", "misses", "p99", "memory", "speed", "no speed"],
)
def test_a_broken_bound_is_named(row: Row, fault: str) -> None:
    assert list(row.faults()) == [f"serve, idle, 4,200: {fault}"]


def test_the_table_has_a_row_for_each_attack() -> None:
    head, _, row = table([ROW]).splitlines()
    assert head.count("|") == row.count("|")
    assert row.startswith(
        "| serve | idle | 4,200 | 408 x 4,200 | 200 | 100.0% | 100 | 100 | 100 | 100 |"
    )


def test_a_row_says_what_the_victim_got_instead_of_an_answer() -> None:
    row = ROW._replace(answers=[*GOOD[1:], Answer("503", 0.1)])
    assert list(row.faults()) == []
    assert row.cells()[5] == "99.5% (503 x 1)"
