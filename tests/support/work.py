"""How the time of a function grows with its text. Times are CPU times of the calling thread."""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_LARGER = (2, 4)
_NOISE = 2  # on a busy machine: of four times the text, eight times the time; quadratic is 16
_LITTLE_S = 0.004


def grows_linearly(
    unit: str, function: Callable[[str], object], size: int = 5_000, end: str = ""
) -> bool:
    """Whether repeated units, and an end, take time in proportion to their length.

    `size` is the shorter length in characters; it should take so long that a longer one which
    takes `_LITTLE_S` in square time is seen. It is timed before and after the longer ones: the
    speed of a shared core changes within milliseconds.
    """
    texts = {times: (unit * size * times)[: size * times] + end for times in (1, *_LARGER)}

    def is_linear() -> bool:
        before, *larger, after = (_seconds(function, texts[n]) for n in (1, *_LARGER, 1))
        most = _NOISE * min(before, after)
        return all(
            taken <= max(_LITTLE_S, n * most) for n, taken in zip(_LARGER, larger, strict=True)
        )

    return any(is_linear() for _ in range(3))


def _seconds(function: Callable[[str], object], text: str) -> float:
    started = time.thread_time()
    function(text)
    return time.thread_time() - started


def reference_s() -> float:
    """Seconds of CPU time of a fixed piece of work: 10 to 20 ms on a machine of 2024."""
    started = time.thread_time()
    sum(number * number for number in range(500_000))
    return time.thread_time() - started


@contextmanager
def within(tasks: float) -> Iterator[None]:
    """Fail if the block takes the CPU time of more reference tasks than that.

    Garbage is not collected meanwhile: that takes as long as all objects of all tests need.
    """
    gc.disable()
    started = time.thread_time()
    try:
        yield
        taken_s = time.thread_time() - started
    finally:
        gc.enable()
    assert taken_s < tasks * reference_s()
