"""The rate of one client's terms."""

import time
from math import ceil

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from app.core.errors import OverShare


class Rate:
    """At most `per_minute` terms of each client in a minute, counted in this process."""

    def __init__(self, per_minute: int) -> None:
        self._limit = RateLimitItemPerMinute(per_minute)
        self._counted = SlidingWindowCounterRateLimiter(MemoryStorage())

    def count(self, client: str, terms: int) -> None:
        """Count the terms of a request.

        Raises:
            OverShare: they would be too many; they do not count.
        """
        most = self._limit.amount
        if terms > most:
            detail = f"{terms:,} terms in one request; {most:,} are answered in a minute at most"
            raise OverShare(detail, self._limit.get_expiry())
        if terms and not self._counted.hit(self._limit, client, cost=terms):
            again_s = self._counted.get_window_stats(self._limit, client).reset_time - time.time()
            detail = f"{most:,} terms of one client are answered in a minute at most"
            raise OverShare(detail, max(1, ceil(again_s)))
