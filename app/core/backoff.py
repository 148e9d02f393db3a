"""How long to wait before a retry."""

import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def wait_s(tries: int, retry_after_s: float, first_s: float, longest_s: float) -> float:
    """Exponential backoff with jitter, in seconds, on top of `retry_after_s`.

    The wait doubles with each try, from `first_s` to `longest_s`; half of it is random, so that
    clients do not retry at the same time.
    """
    longest = min(first_s * 2**tries, longest_s)
    return retry_after_s + random.uniform(longest / 2, longest)  # noqa: S311 - no secret


def retry_after_s(header: str) -> float:
    """Seconds of a `Retry-After` header, which is a number or a date; 0 for anything else."""
    if header.strip().isdecimal():
        return float(header)
    try:
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return 0.0
