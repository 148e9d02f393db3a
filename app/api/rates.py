"""The rate of one client's terms."""

from math import ceil

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from app.core.errors import OverShare, TooManyTerms


class Rate:
    """At most `per_minute` terms of each client in a minute, counted in this process."""

    def __init__(self, per_minute: int) -> None:
        self._limit = RateLimitItemPerMinute(per_minute)
        self._memory = MemoryStorage()
        self._counted = SlidingWindowCounterRateLimiter(self._memory)

    def count(self, client: str, terms: int) -> None:
        """Count the terms of a request.

        Raises:
            TooManyTerms: they are more than the rate.
            OverShare: they would be too many now.
            Neither counts them.
        """
        most = self._limit.amount
        if terms > most:
            detail = f"{terms:,} terms in one request; {most:,} are answered in a minute at most"
            raise TooManyTerms(f"{detail}: send fewer at a time")
        if terms and not self._counted.hit(self._limit, client, cost=terms):
            detail = f"{most:,} terms of one client are answered in a minute at most"
            raise OverShare(detail, max(1, ceil(self._seconds_until(client, terms))))

    def _seconds_until(self, client: str, terms: int) -> float:
        """The seconds until so many terms fit.

        All terms of this minute count, and those of the one before by its part that is in the last
        60 s.
        """
        minute, room = self._limit.get_expiry(), self._limit.amount - terms
        before, before_ttl, now, now_ttl = self._memory.get_sliding_window(
            self._limit.key_for(client), minute
        )
        if now <= room:
            return before_ttl - minute * (room - now) / max(1, before)
        return now_ttl - minute * room / now
