import random

import pytest

from app.shell.compare import CONFIRMED, complaint, is_beyond
from app.shell.objectives import Objectives
from app.shell.tallies import Tally

GOALS = Objectives()
NOTHING = Tally()


@pytest.mark.parametrize(
    ("bad", "all_", "share", "expected"),
    [
        (1, 1, 0.001, False),  # one failure says little
        (5, 5, 0.001, True),
        (1, 500, 0.001, False),
        (20, 1_000, 0.001, True),
        (5, 100, 0.05, False),
        (30, 100, 0.05, True),
        (3, 10, 0.0, True),
        (10, 10, 1.0, False),
        (0, 0, 0.001, False),
        (20_000, 20_000, 0.001, True),
    ],
)
def test_more_requests_are_needed_the_smaller_the_difference(
    *, bad: int, all_: int, share: float, expected: bool
) -> None:
    assert is_beyond(bad, all_, share) is expected


def test_a_version_that_is_as_good_as_allowed_is_hardly_ever_blamed() -> None:
    """Although it is looked at after every request."""
    chance = random.Random(7)
    blamed = 0
    for _ in range(200):
        bad = 0
        for all_ in range(1, 301):
            bad += chance.random() < 0.05
            if is_beyond(bad, all_, 0.05):
                blamed += 1
                break
    assert blamed <= 2


def test_errors_are_named_with_what_is_allowed() -> None:
    said = complaint(Tally(40, 10), NOTHING, GOALS)
    assert said == "10 of the new version's 40 requests failed, 25.0%; 0.1% are allowed"


def test_slow_answers_are_named() -> None:
    said = complaint(Tally(40, 0, 40, 10), NOTHING, GOALS)
    assert said.startswith("30 of the new version's 40 answers took more than 1 s, 75.0%; 5.0% are")


def test_fewer_answers_confirm_what_others_have_said() -> None:
    few = Tally(4, 0, 4, 1)
    assert complaint(few, NOTHING, GOALS) == ""
    assert complaint(few, NOTHING, GOALS, CONFIRMED) != ""


def test_a_version_that_keeps_to_the_objectives_is_good() -> None:
    assert complaint(Tally(1_000, 1, 999, 960), NOTHING, GOALS) == ""


def test_a_new_version_may_fail_as_often_as_the_old_one_does() -> None:
    """As while the source is down."""
    old = Tally(200, 60, 140, 140)
    assert complaint(Tally(40, 13, 27, 27), old, GOALS) == ""
    assert complaint(Tally(40, 38, 2, 2), old, GOALS).endswith("95.0%; 30.0% of the old version")


def test_a_few_failures_of_the_old_version_allow_no_more() -> None:
    assert complaint(Tally(40, 10), Tally(1, 1), GOALS).endswith("0.1% are allowed")
