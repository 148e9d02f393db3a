"""More attempts of a call that takes long, beside the first."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Final, TypeVar

T = TypeVar("T")

SHARE: Final = 0.05
"""More attempts that each call earns: they hardly add to the load of slow servers."""
BURST: Final = 64.0
"""More attempts at hand at first, and at most: for all that may be under way at one server."""
KEPT_S: Final = 30.0
"""Seconds that slower attempts go on. Serve takes a call that is cancelled for one that is
done, and would prefer the stalled replica for having so few."""


class Hedge:
    """Calls again what has no result after `after_s` seconds, and returns the first result.

    It does so every `after_s` seconds: a router that counts calls may choose a stalled server
    twice. Only for calls without side effects. From: J. Dean and L. A. Barroso, The Tail at Scale,
    2013.
    """

    def __init__(self, after_s: float, burst: float = BURST) -> None:
        self._after_s = after_s
        self._burst = burst
        self._left = burst

    async def __call__(
        self,
        call: Callable[[], Awaitable[T]],
        repeated: Callable[[], None] = lambda: None,
        check: Callable[[], None] = lambda: None,
    ) -> T:
        """The result of `call`; `repeated` is called before each further attempt.

        Cancelling this cancels all attempts. The error of a failed attempt is raised if no other
        is under way, and that of `check`, which is called every `after_s` seconds, at once.
        """
        self._left = min(self._burst, self._left + SHARE)
        attempts = [_attempt(call)]
        try:
            while not (ended := await _ended(attempts, self._after_s)):
                check()
                if self._left >= 1:
                    self._left -= 1
                    repeated()
                    attempts.append(_attempt(call))
            return ended.result()
        except asyncio.CancelledError:
            for attempt in attempts:
                attempt.cancel()
            raise
        finally:
            for attempt in attempts:
                _leave(attempt)


def _attempt(call: Callable[[], Awaitable[T]]) -> asyncio.Future[T]:
    """A call whose error may be seen by nobody."""
    made = asyncio.ensure_future(call())
    made.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    return made


def _leave(attempt: asyncio.Future[T]) -> None:
    """Let it go on for a while; nobody waits for its result."""
    if not attempt.done():
        end = attempt.get_loop().call_later(KEPT_S, attempt.cancel)
        attempt.add_done_callback(lambda _: end.cancel())


async def _ended(
    attempts: Iterable[asyncio.Future[T]], within_s: float
) -> asyncio.Future[T] | None:
    """The first with a result, or a failed one if all failed; None if that takes longer."""
    with suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            return await _first(attempts)
    return None


async def _first(attempts: Iterable[asyncio.Future[T]]) -> asyncio.Future[T]:
    waiting = set(attempts)
    while True:
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        good = [attempt for attempt in done if not attempt.exception()]
        if good or not waiting:
            return (good or list(done))[0]
