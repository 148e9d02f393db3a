"""How long to wait before the next try."""

import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def wait_s(tries: int, retry_after_s: float, first_s: float, longest_s: float) -> float:
    """Twice as long each time, from `first_s` to `longest_s`, on top of what one was told to wait.

    With jitter, so that not all come back at once.
    """
    longest = min(first_s * 2**tries, longest_s)
    return retry_after_s + random.uniform(longest / 2, longest)  # noqa: S311 - no secret


def retry_after_s(header: str) -> float:
    """Seconds, from a `Retry-After` that is a number or a date; 0 for anything else."""
    if header.strip().isdecimal():
        return float(header)
    try:
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return 0.0
