"""The victim: asks while others attack, and measures what it gets."""

import asyncio
import math
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import cycle, islice
from typing import NamedTuple, Self
from urllib.parse import quote

import aiohttp

PER_S = 20
"""Requests a second."""
NEW_PER_S = 5.0
"""Of these, requests for digests that no cache has."""
PATIENCE_S = 15.0
LIST = 100
CLIENTS = 16
"""Clients that find the full speed."""
WINDOW_S = 2.0
FULL = 0.9
"""The part of the lowest speed before that is full again: machines themselves change by a tenth."""


class Answer(NamedTuple):
    """A status, or the name of an error, and the seconds since the request was due.

    `is_new`: no cache had the digest.
    """

    status: str
    seconds: float
    is_new: bool = False


class Victim:
    """Asks a server from `source`, each time over a new connection.

    `remembered` are terms that it asks again and again, `new` yields those that no cache has.
    """

    def __init__(
        self,
        address: str,
        source: str | None,
        remembered: Sequence[str],
        new: Iterator[str],
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._address = address
        self._source = (source, 0) if source else None
        self._remembered = cycle(remembered)
        self._new = new
        self._patience_s = patience_s

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(limit=0, force_close=True, local_addr=self._source)
        timeout = aiohttp.ClientTimeout(total=self._patience_s)
        self._session = aiohttp.ClientSession(self._address, connector=connector, timeout=timeout)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def endure(self, seconds: float, new_per_s: float = NEW_PER_S) -> list[Answer]:
        """The answers to requests that leave when they are due, whatever becomes of others."""
        new_every = math.ceil(PER_S / new_per_s)
        start = time.monotonic()
        waiting = []
        for n in range(int(PER_S * seconds)):
            due = start + n / PER_S
            await asyncio.sleep(due - time.monotonic())
            is_new = n % new_every == 0
            term = next(self._new if is_new else self._remembered)
            waiting.append(asyncio.create_task(self._ask(term, due, is_new=is_new)))
        return await asyncio.gather(*waiting)

    async def crowd(self, clients: int) -> None:
        """So many clients ask at once for remembered digests, and a tenth as many for lists."""
        single = (self._ask(next(self._remembered), 0) for _ in range(clients))
        terms = [*islice(self._remembered, LIST)]
        await asyncio.gather(*single, *(self._ask_for_list(terms) for _ in range(clients // 10)))

    async def speed(self, seconds: float) -> float:
        """New digests a second, for clients that each ask when the last answer has come."""
        return len(await self._ends(seconds)) / seconds

    async def seconds_to(self, speed: float, within_s: float) -> float:
        """Seconds until the speed is full again; infinite if it is not within this time."""
        ends = await self._ends(within_s + WINDOW_S)
        starts = (start / 10 for start in range(int(within_s * 10) + 1))
        wanted = FULL * speed * WINDOW_S
        reached = (s for s in starts if sum(s <= e < s + WINDOW_S for e in ends) >= wanted)
        return next(reached, math.inf)

    async def _ends(self, seconds: float) -> list[float]:
        """When the answers came, in seconds."""
        start = time.monotonic()
        ends: list[float] = []

        async def client() -> None:
            for term in self._new:
                answer = await self._ask(term, time.monotonic())
                end = time.monotonic() - start
                if end > seconds:
                    return
                ends.extend([end] if answer.status == "200" else [])

        await asyncio.gather(*(client() for _ in range(CLIENTS)))
        return ends

    async def _ask_for_list(self, terms: Sequence[str]) -> None:
        with suppress(aiohttp.ClientError, TimeoutError):
            async with self._session.post("/v1/digests", json={"terms": terms}) as response:
                await response.read()

    async def _ask(self, term: str, due: float, *, is_new: bool = False) -> Answer:
        try:
            async with self._session.get(f"/v1/digest?term={quote(term)}") as response:
                await response.read()
                status = str(response.status)
        except (aiohttp.ClientError, TimeoutError) as error:
            status = type(error).__name__
        return Answer(status, time.monotonic() - due, is_new)
