"""Load: many clients with many terms and invalid input; halfway, a stage's replica is killed.

    python -m bench.load [--clients 200] [--seconds 60] [--folder DIR] [--lines FILE]
      [--set KEY=VALUE ...]

Prints the answers, the latency, and the memory of the server's processes. Exits with 1 if an answer
was a 500, a request got no answer, or memory kept growing.
"""

import argparse
import asyncio
import json
import random
import statistics
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp

from app.sources.corpus import FOLDER
from devtools.server import Server

BAD = ("", " ", "\x00", "a\x07b", "x" * 10_000, "\u202e\u05d0", "🦀🦀", '"', "* OR *", "<b>", "%")
BAD_SHARE = 0.1
REQUEST_S = 40.0
GROWTH = 1.10
"""Memory of the last third of the run, relative to the middle third; above it is growth."""


class Tally:
    """The answers, and the memory over time (seconds, bytes)."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.lines: list[str] = []
        self.statuses: Counter[int | str] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.memory: list[tuple[float, int]] = []

    def add(self, status: int | str, outcome: str, seconds: float) -> None:
        """Count an answer."""
        self.statuses[status] += 1
        self.outcomes[outcome] += 1
        self.seconds.append(seconds)
        self.lines.append(
            json.dumps({"status": status if isinstance(status, int) else None, "seconds": seconds})
        )


def words(folder: Path, count: int, chance: random.Random) -> list[str]:
    """`count` distinct terms: titles, and pairs of words from the texts."""
    titles = [path.stem for path in sorted(folder.glob("*.txt"))]
    texts = [path.read_text(encoding="utf-8").split() for path in sorted(folder.glob("*.txt"))]
    terms = dict.fromkeys(titles[:count])
    while len(terms) < count:
        text = chance.choice(texts)
        terms[" ".join(chance.sample(text, min(2, len(text))))] = None
    return list(terms)


async def client(
    session: aiohttp.ClientSession, terms: list[str], tally: Tally, deadline: float, seed: int
) -> None:
    """Send one request after the other until the deadline."""
    chance = random.Random(seed)
    while time.monotonic() < deadline:
        bad = chance.random() < BAD_SHARE
        term = chance.choice(BAD if bad else terms)
        started = time.monotonic()
        status, outcome = await ask(session, term)
        tally.add(status, outcome, time.monotonic() - started)


async def ask(session: aiohttp.ClientSession, term: str) -> tuple[int | str, str]:
    """The status of an answer, or the error's type, and the status of its digest."""
    try:
        async with session.get(f"/v1/digest?term={quote(term, safe='')}") as response:
            body: dict[str, Any] = await response.json(content_type=None)
            return response.status, str(body.get("status"))
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        return type(error).__name__, "no answer"


async def watch(server: Server, tally: Tally, deadline: float) -> None:
    """Record the memory once a second."""
    started = time.monotonic()
    while time.monotonic() < deadline:
        memory = await asyncio.to_thread(server.memory)
        tally.memory.append((time.monotonic() - started, memory))
        await asyncio.sleep(1)


async def kill(server: Server, deployment: str, after_s: float) -> None:
    """Kill a replica of `deployment`, as the kernel would."""
    await asyncio.sleep(after_s)
    replicas = server.replicas(deployment)
    assert replicas, f"{deployment} has no replica"
    for process in replicas:
        process.kill()
        print(f"killed a replica of {deployment} after {after_s:.0f} s")


async def run(server: Server, options: argparse.Namespace, terms: list[str]) -> Tally:
    """Run all clients concurrently for `options.seconds`."""
    tally = Tally()
    deadline = time.monotonic() + options.seconds
    timeout = aiohttp.ClientTimeout(total=REQUEST_S)
    connector = aiohttp.TCPConnector(limit=options.clients)
    async with aiohttp.ClientSession(
        server.address, connector=connector, timeout=timeout
    ) as session:
        clients = [client(session, terms, tally, deadline, n) for n in range(options.clients)]
        killing = [kill(server, options.kill, options.seconds / 2)] if options.kill else []
        await asyncio.gather(*clients, watch(server, tally, deadline), *killing)
    return tally


def report(tally: Tally, seconds: float) -> list[str]:
    """Print the results; return the faults."""
    ordered = sorted(tally.seconds)
    p50, p99 = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
    middle, last = _thirds(tally.memory)
    print(f"requests    {len(ordered):,} in {seconds:.0f} s: {len(ordered) / seconds:.0f} a second")
    print(f"statuses    {dict(sorted(tally.statuses.items(), key=str))}")
    print(f"digests     {dict(tally.outcomes)}")
    print(f"latency     p50 {p50 * 1e3:.0f} ms, p99 {p99 * 1e3:.0f} ms, max {ordered[-1]:.1f} s")
    print(f"memory      {middle / 2**20:.0f} MiB in the middle, {last / 2**20:.0f} MiB at the end")
    unanswered = sum(n for status, n in tally.statuses.items() if isinstance(status, str))
    faults = {
        "there were 500s": tally.statuses[500],
        "requests got no answer": unanswered,
        "memory kept growing": last > middle * GROWTH,
    }
    return [fault for fault, found in faults.items() if found]


def _thirds(memory: list[tuple[float, int]]) -> tuple[float, float]:
    """The median memory of the middle and of the last third of the run."""
    third = len(memory) // 3
    values = [value for _, value in memory]
    return statistics.median(values[third : 2 * third]), statistics.median(values[2 * third :])


def main() -> None:
    """Start a server, put it under load, and print the results."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--terms", type=int, default=1000)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="articles to request")
    parser.add_argument("--lines", type=Path, help="write a line for `wiki-digest slo` each")
    parser.add_argument(
        "--kill", default="Entities", help="deployment whose replica is killed; '' for none"
    )
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="settings")
    options = parser.parse_args()
    terms = words(options.folder, options.terms, random.Random(1))
    fixed = (f"source.folder={options.folder}", "placement=distributed")
    with Server(*fixed, *options.settings) as server:
        tally = asyncio.run(run(server, options, terms))
    if options.lines:
        options.lines.write_text("\n".join(tally.lines) + "\n", encoding="utf-8")
    faults = report(tally, options.seconds)
    sys.exit("; ".join(faults) or None)  # an empty text is 1, too


if __name__ == "__main__":
    main()
