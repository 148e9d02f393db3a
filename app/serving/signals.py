"""Signals that ask the process to stop."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def signals() -> Iterator[list[int]]:
    """The SIGINT and SIGTERM that came so far. The third has its usual effect.

    A list, since a handler may not take a lock, as `threading.Event.set` does: what it interrupts
    may hold the lock, and waits for the handler's return.
    """
    received: list[int] = []
    before = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for name, handler in before.items():
            signal.signal(name, handler)

    def handle(number: int, _: object) -> None:
        received.append(number)
        if len(received) > 1:
            restore()

    for name in before:
        signal.signal(name, handle)
    try:
        yield received
    finally:
        restore()
