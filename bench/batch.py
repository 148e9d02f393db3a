"""The shell's batch: how much of what the server can do it takes up, and in how much memory.

    python -m bench.batch [--terms 1000] [--rounds 3] [--set KEY=VALUE ...]

Asks for the same terms by turns with `wiki-digest batch` and with as many plain clients, of one
server that remembers nothing. Prints the answers a second of each, how busy the cores were, and
the most memory that the command held.
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

AT_ONCE = 32
"""As `wiki-digest batch` has it without `--concurrency`."""


class Round(NamedTuple):
    """Answers a second, and the share of all cores that was busy."""

    rate: float
    busy: float


def measured(ask: Callable[[], object], terms: int) -> Round:
    """How fast `ask` gets through its terms."""
    psutil.cpu_percent()
    started = time.monotonic()
    ask()
    return Round(terms / (time.monotonic() - started), psutil.cpu_percent())


def by_shell(server: Server, terms: list[str]) -> None:
    """The command, as a person gives it."""
    command = [sys.executable, "-m", "app.cli", "batch", "-", "--server", server.address]
    with tempfile.TemporaryFile() as output:
        given = "\n".join(terms).encode()
        subprocess.run(command, input=given, stdout=output, stderr=subprocess.DEVNULL, check=True)
        output.seek(0)
        assert sum(1 for _ in output) == len(terms)


async def by_clients(server: Server, terms: list[str]) -> None:
    """Clients that do nothing with the answers."""
    left = iter(terms)
    async with aiohttp.ClientSession(server.address) as session:
        await asyncio.gather(*(_client(session, left) for _ in range(AT_ONCE)))


async def _client(session: aiohttp.ClientSession, left: Iterator[str]) -> None:
    for term in left:
        async with session.get(f"/v1/digest?term={quote(term, safe='')}") as response:
            await response.read()


def main() -> None:
    """Start a server, ask it both ways by turns, and say what was seen."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--terms", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="articles to ask for")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="settings")
    options = parser.parse_args()
    terms = words(options.folder, options.terms, random.Random(1))
    nothing_remembered = ("digest.cache_size=0", "source.cache_size=0")
    ratios = []
    with Server(
        f"source.folder={options.folder}", *nothing_remembered, *options.settings
    ) as server:
        for number in range(options.rounds):
            plain = measured(lambda: asyncio.run(by_clients(server, terms)), len(terms))
            shell = measured(lambda: by_shell(server, terms), len(terms))
            ratios.append(shell.rate / plain.rate)
            print(
                f"round {number + 1}: clients {plain.rate:.1f}/s, cores {plain.busy:.0f} % busy; "
                f"batch {shell.rate:.1f}/s, cores {shell.busy:.0f} % busy; ratio {ratios[-1]:.2f}"
            )
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024  # the server lives on
    print(f"median ratio {statistics.median(ratios):.2f}; batch held {peak:.0f} MiB at most")


if __name__ == "__main__":
    main()
