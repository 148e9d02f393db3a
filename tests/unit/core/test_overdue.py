from app.core.overdue import Overdue
from tests.support.fake_clock import FakeClock


def test_a_server_that_was_not_called_owes_nothing() -> None:
    assert "a" not in Overdue(1)


def test_a_server_without_an_answer_is_overdue_after_a_while() -> None:
    clock = FakeClock()
    overdue = Overdue(1, clock.monotonic)
    overdue.called("a")
    clock.now += 1
    assert "a" not in overdue
    clock.now += 0.1
    assert "a" in overdue
    assert "b" not in overdue


def test_further_calls_do_not_put_it_off() -> None:
    clock = FakeClock()
    overdue = Overdue(1, clock.monotonic)
    overdue.called("a")
    clock.now += 1.1
    overdue.called("a")
    assert "a" in overdue


def test_an_answer_to_one_of_many_calls_starts_the_time_anew() -> None:
    clock = FakeClock()
    overdue = Overdue(1, clock.monotonic)
    overdue.called("a")
    overdue.called("a")
    clock.now += 1.1
    overdue.answered("a")
    assert "a" not in overdue
    clock.now += 1.1
    assert "a" in overdue


def test_a_server_that_has_answered_all_is_not_overdue() -> None:
    clock = FakeClock()
    overdue = Overdue(1, clock.monotonic)
    for _ in range(2):
        overdue.called("a")
    for _ in range(2):
        overdue.answered("a")
    clock.now += 9
    assert "a" not in overdue


def test_an_answer_that_nobody_owes_changes_nothing() -> None:
    clock = FakeClock()
    overdue = Overdue(1, clock.monotonic)
    overdue.answered("a")
    overdue.called("a")
    clock.now += 2
    assert "a" in overdue


def test_a_forgotten_server_owes_nothing() -> None:
    clock = FakeClock()
    overdue = Overdue(1, clock.monotonic)
    overdue.called("a")
    overdue.called("a")
    overdue.forget("a")
    clock.now += 2
    assert "a" not in overdue
