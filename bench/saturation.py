"""Behaviour below, at and above saturation: `python -m bench.saturation [--set KEY=VALUE ...]`.

Sixteen clients in a closed loop find the rate of the server. Then requests leave when they are due,
whether or not others have been answered: at 80 % of that rate, and at twice that rate. Five seconds
later the closed loop runs again. Terms differ, nothing is cached.
"""

import argparse
import asyncio
import itertools
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import aiohttp

from bench.peers.articles import write
from devtools.server import Server

ARTICLES, CHARACTERS = 400, 1_500
CLIENTS, CLOSED_S, OPEN_S, REST_S = 16, 10.0, 20.0, 5.0
REQUEST_S = 60.0
UNCACHED = ("digest.cache_size=0", "source.cache_size=0")
Answer = tuple[str, float]  # status, with Retry-After if the answer has it, and seconds


async def ask(session: aiohttp.ClientSession, term: str) -> Answer:
    """One answer."""
    due = time.monotonic()
    try:
        async with session.get(f"/v1/digest?term={quote(term)}") as response:
            await response.read()
            after = " with Retry-After" if "Retry-After" in response.headers else ""
            status = f"{response.status}{after}"
    except (aiohttp.ClientError, TimeoutError) as error:
        status = type(error).__name__
    return status, time.monotonic() - due


async def closed(session: aiohttp.ClientSession, terms: Iterator[str]) -> float:
    """Answers a second to `CLIENTS` that each ask when the last answer has come."""
    end = time.monotonic() + CLOSED_S

    async def client() -> int:
        count = 0
        while time.monotonic() < end:
            await ask(session, next(terms))
            count += 1
        return count

    return sum(await asyncio.gather(*(client() for _ in range(CLIENTS)))) / CLOSED_S


async def opened(session: aiohttp.ClientSession, terms: Iterator[str], rate: float) -> list[Answer]:
    """The answers to `rate` requests a second for `OPEN_S`."""
    start = time.monotonic()
    waiting = []
    for n in range(int(rate * OPEN_S)):
        await asyncio.sleep(max(0.0, start + n / rate - time.monotonic()))
        waiting.append(asyncio.create_task(ask(session, next(terms))))
    return await asyncio.gather(*waiting)


def described(answers: list[Answer]) -> str:
    """Statuses, and the latency of the answers with 200."""
    cuts = statistics.quantiles([s for status, s in answers if status == "200"], n=100)
    statuses = dict(Counter(status for status, _ in answers))
    return f"{statuses} p50 {cuts[49] * 1000:.0f} ms p99 {cuts[98] * 1000:.0f} ms"


async def run(address: str, titles: list[str]) -> None:
    """Measure and print."""
    terms = itertools.cycle(titles)
    timeout = aiohttp.ClientTimeout(total=REQUEST_S)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(address, connector=connector, timeout=timeout) as session:
        await closed(session, terms)  # warms up
        rate = await closed(session, terms)
        print(f"closed loop: {rate:.1f} answers a second")
        for share in (0.8, 2.0):
            print(f"{share:.0%}: {described(await opened(session, terms, share * rate))}")
        await asyncio.sleep(REST_S)
        print(f"closed loop, {REST_S:.0f} s later: {await closed(session, terms):.1f}")


def main() -> None:
    """Start a server, and measure it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="given")
    given = parser.parse_args(sys.argv[1:]).given
    with tempfile.TemporaryDirectory() as folder:
        titles = write(Path(folder), ARTICLES, CHARACTERS)
        with Server(f"source.folder={folder}", *UNCACHED, *given) as server:
            asyncio.run(run(server.address, titles))


if __name__ == "__main__":
    main()
