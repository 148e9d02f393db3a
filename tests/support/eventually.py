"""Waits for a condition, with a deadline."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(what: str, look: Callable[[], T | None], within_s: float, every_s: float = 0.5) -> T:
    """Poll `look` until its result is true; return it.

    Raises:
        AssertionError: it is not true after `within_s` seconds; the message says `what` is missing.
    """
    deadline = time.monotonic() + within_s
    while not (seen := look()):
        assert time.monotonic() < deadline, f"not within {within_s:.0f} s: {what}"
        time.sleep(every_s)
    return seen
