"""tests/chaos/losses.py: what is said of a load's answers."""

import pytest

from tests.chaos.losses import Answer, Losses, upper_bound


def losses(*answers: tuple[str, float, float]) -> Losses:
    found = Losses({"ok", "rejected"})
    for status, due, ended in answers:
        found.add(Answer("GET", status, due, ended))
    return found


def test_an_answer_that_is_not_complete_is_lost() -> None:
    found = losses(("ok", 0, 1), ("rejected", 0, 1), ("degraded", 0, 1), ("503", 0, 1))
    assert found.reasons() == {"GET: degraded": 1, "GET: 503": 1}


def test_times_count_from_when_a_request_was_due_and_leave_out_lost_ones() -> None:
    found = losses(*(("ok", 0, n) for n in range(1, 101)), ("ServerDisconnectedError", 0, 500))
    assert (found.percentile(0.5), found.percentile(0.99), found.slowest_s) == (51, 100, 100)


def test_the_pause_is_the_longest_time_without_a_complete_answer() -> None:
    found = losses(("ok", 0, 1), ("503", 0, 4), ("ok", 0, 7), ("ok", 0, 8))
    assert found.pause_s == 6


def test_answers_can_be_looked_at_by_when_they_were_due_and_by_stream() -> None:
    found = losses(("503", 1, 9), ("ok", 2, 3), ("ok", 4, 5))
    assert [one.due for one in found.due(2).answers] == [2, 4]
    assert [one.due for one in found.due(1, 4).lost] == [1]
    assert found.of("GET").answers == []
    found.add(Answer("new, GET", "503", 6, 7))
    assert found.of("new").reasons() == {"new, GET: 503": 1}


def test_without_an_answer_there_is_neither_time_nor_pause() -> None:
    found = losses(("503", 0, 1))
    assert (found.slowest_s, found.pause_s, found.bound()) == (0, 0, 1)


@pytest.mark.parametrize(
    ("lost", "sent", "bound"),
    [
        (0, 100, 0.02951),
        (0, 5000, 0.000599),
        (1, 100, 0.04656),
        (10, 100, 0.16372),
        (3000, 6000, 0.5107),
    ],
)
def test_the_bound_is_that_of_clopper_and_pearson(lost: int, sent: int, bound: float) -> None:
    """As published tables of the one-sided 95 % bound have it."""
    assert upper_bound(lost, sent) == pytest.approx(bound, rel=2e-3)
