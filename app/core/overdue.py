"""Servers that owe answers for too long."""

import time
from collections import Counter
from collections.abc import Callable, Hashable


class Overdue:
    """Contains each server that has been called, and has answered nothing for `after_s` since.

    An answer to one call starts the time of the others anew, so that a server with a long queue is
    none of them.
    """

    def __init__(self, after_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._after_s = after_s
        self._clock = clock
        self._calls: Counter[Hashable] = Counter()
        self._since: dict[Hashable, float] = {}

    def __contains__(self, server: Hashable) -> bool:
        since = self._since.get(server)
        return since is not None and self._clock() - since > self._after_s

    def called(self, server: Hashable) -> None:
        """It owes one more answer."""
        self._calls[server] += 1
        self._since.setdefault(server, self._clock())

    def answered(self, server: Hashable) -> None:
        """It owes one answer less, or the caller no longer waits for it."""
        if self._calls[server] > 1:
            self._calls[server] -= 1
            self._since[server] = self._clock()
        else:
            self.forget(server)

    def forget(self, server: Hashable) -> None:
        """It owes nothing."""
        self._calls.pop(server, None)
        self._since.pop(server, None)
