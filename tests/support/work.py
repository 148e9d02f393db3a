"""How the time of a function grows with its text."""

import time
from collections.abc import Callable

_SIZE = 5_000
_LARGER = 8
_MOST = 4 * _LARGER  # of linear time, on a busy machine; quadratic is 64


def grows_linearly(unit: str, function: Callable[[str], object], size: int = _SIZE) -> bool:
    """Whether a text of repeated units takes time in proportion to its length."""
    short, long = ((unit * times)[:times] for times in (size, size * _LARGER))
    spent = min(_seconds(function, short) for _ in range(3))
    bound = _MOST * max(spent, 0.005)
    return any(_seconds(function, long) < bound for _ in range(3))


def _seconds(function: Callable[[str], object], text: str) -> float:
    begun = time.process_time()
    function(text)
    return time.process_time() - begun
