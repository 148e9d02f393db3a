from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from app.core.backoff import retry_after_s, wait_s


@pytest.mark.parametrize(("tries", "longest"), [(0, 0.5), (1, 1), (2, 2), (4, 8), (60, 8)])
def test_each_wait_is_twice_as_long_up_to_a_bound(tries: int, longest: float) -> None:
    """From half of it to all of it, by chance."""
    waits = {wait_s(tries, 0, 0.5, 8) for _ in range(50)}
    assert len(waits) > 1
    assert all(longest / 2 <= wait <= longest for wait in waits)


def test_a_wait_is_never_shorter_than_one_was_told() -> None:
    """And still differs from that of the others who were told so."""
    waits = {wait_s(0, 30, 0.5, 8) for _ in range(50)}
    assert len(waits) > 1
    assert all(30 < wait <= 30.5 for wait in waits)


@pytest.mark.parametrize("header", ["", "soon", "-1", "1.5", "Tue, 99 Foo 2020"])
def test_what_tells_no_time_is_no_wait(header: str) -> None:
    """Servers say odd things."""
    assert retry_after_s(header) == 0


def test_a_number_or_a_date_tells_the_wait() -> None:
    """As HTTP has it; a date in the past is no wait."""
    now = datetime.now(UTC)
    assert retry_after_s(" 7 ") == 7
    assert 50 < retry_after_s(format_datetime(now + timedelta(minutes=1), usegmt=True)) <= 60
    assert retry_after_s(format_datetime(now - timedelta(minutes=1), usegmt=True)) == 0
