from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from app.core.backoff import retry_after_s, wait_s


@pytest.mark.parametrize(("tries", "longest"), [(0, 0.5), (1, 1), (2, 2), (4, 8), (60, 8)])
def test_waits_double_up_to_a_bound_with_jitter(tries: int, longest: float) -> None:
    waits = {wait_s(tries, 0, 0.5, 8) for _ in range(50)}
    assert len(waits) > 1
    assert all(longest / 2 <= wait <= longest for wait in waits)


def test_a_wait_is_at_least_retry_after_with_jitter() -> None:
    waits = {wait_s(0, 30, 0.5, 8) for _ in range(50)}
    assert len(waits) > 1
    assert all(30 < wait <= 30.5 for wait in waits)


@pytest.mark.parametrize("header", ["", "soon", "-1", "1.5", "Tue, 99 Foo 2020"])
def test_an_invalid_retry_after_is_no_wait(header: str) -> None:
    assert retry_after_s(header) == 0


def test_retry_after_is_a_number_or_a_date() -> None:
    now = datetime.now(UTC)
    assert retry_after_s(" 7 ") == 7
    assert 50 < retry_after_s(format_datetime(now + timedelta(minutes=1), usegmt=True)) <= 60
    assert retry_after_s(format_datetime(now - timedelta(minutes=1), usegmt=True)) == 0
