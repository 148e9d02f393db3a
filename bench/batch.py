"""`wiki-digest batch`: its share of the server's throughput, and its memory.

    python -m bench.batch [--terms 1000] [--rounds 3] [--set KEY=VALUE ...]

Requests the same terms of one server without caches, alternately with `wiki-digest batch` and with
as many plain clients. Prints the answers a second of each, the CPU load, and the peak memory of the
command.
"""

import argparse
import asyncio
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import aiohttp
import psutil

from app.sources.corpus import FOLDER
from bench.load import words
from devtools.server import Server

CONCURRENCY = 32
"""The default of `wiki-digest batch --concurrency`."""


class Round(NamedTuple):
    """Answers a second, and the load of all cores in percent."""

    rate: float
    busy: float


def measured(ask: Callable[[], object], terms: int) -> Round:
    """Time `ask`, which requests `terms` terms."""
    psutil.cpu_percent()
    started = time.monotonic()
    ask()
    return Round(terms / (time.monotonic() - started), psutil.cpu_percent())


def by_shell(server: Server, terms: list[str]) -> None:
    """Run `wiki-digest batch`."""
    command = [sys.executable, "-m", "app.cli", "batch", "-", "--server", server.address]
    with tempfile.TemporaryFile() as output:
        lines = "\n".join(terms).encode()
        subprocess.run(command, input=lines, stdout=output, stderr=subprocess.DEVNULL, check=True)
        output.seek(0)
        assert sum(1 for _ in output) == len(terms)


async def by_clients(server: Server, terms: list[str]) -> None:
    """Run clients that discard the answers."""
    remaining = iter(terms)
    async with aiohttp.ClientSession(server.address) as session:
        await asyncio.gather(*(_client(session, remaining) for _ in range(CONCURRENCY)))


async def _client(session: aiohttp.ClientSession, remaining: Iterator[str]) -> None:
    for term in remaining:
        async with session.get(f"/v1/digest?term={quote(term, safe='')}") as response:
            await response.read()


def main() -> None:
    """Start a server, measure both ways alternately, and print the results."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--terms", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="articles to request")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="settings")
    options = parser.parse_args()
    terms = words(options.folder, options.terms, random.Random(1))
    no_caches = ("digest.cache_size=0", "source.cache_size=0")
    ratios = []
    with Server(f"source.folder={options.folder}", *no_caches, *options.settings) as server:
        for number in range(options.rounds):
            plain = measured(lambda: asyncio.run(by_clients(server, terms)), len(terms))
            shell = measured(lambda: by_shell(server, terms), len(terms))
            ratios.append(shell.rate / plain.rate)
            print(
                f"round {number + 1}: clients {plain.rate:.1f}/s, cores {plain.busy:.0f} % busy; "
                f"batch {shell.rate:.1f}/s, cores {shell.busy:.0f} % busy; ratio {ratios[-1]:.2f}"
            )
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024  # not of the server
    print(f"median ratio {statistics.median(ratios):.2f}; peak memory of batch {peak:.0f} MiB")


if __name__ == "__main__":
    main()
