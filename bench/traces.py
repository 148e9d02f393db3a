"""What metrics and traces cost.

    python -m bench.traces [--rounds 5] [--seconds 8] [--only NAME ...] [--set KEY=VALUE ...]

First the CPU time of the parts of traces, in this process: the least of the rounds. Then servers
that differ in metrics, traces and logs only run beside each other, and take turns: in each round
eight clients ask one after the other. Prints answers a second, and CPU time for each (of all
processes of a server, and of the follower of its logs, less what they take idle), as ratios to the
first server: medians of rounds, and the range.
"""

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from typing import NamedTuple

import aiohttp
import psutil
from aiohttp import web

from app.sources.corpus import FOLDER
from bench.trace_parts import DOWN, show_parts
from devtools.server import Server

CLIENTS = 8
IDLE_S = 5.0
TERMS = [path.stem for path in sorted(FOLDER.glob("*.txt"))]
SCRAPE_S = 5.0
ALL = "metrics, traces of 1 %, logs"
"""As the chart has them: metrics are scraped, and the logs followed as by a pod's sidecar."""


class Figures(NamedTuple):
    """Answers a second, and milliseconds of CPU time for each."""

    rate: float
    cpu_ms: float


class Subject:
    """A server in a folder of its own, and what follows its logs, if anything."""

    def __init__(self, server: Server, follower: int | None) -> None:
        self.server = server
        self._follower = follower
        self.is_followed = follower is not None

    def cpu_s(self) -> float:
        """Seconds of CPU time of its processes."""
        beside = [psutil.Process(self._follower)] if self._follower else []
        return sum(map(_cpu_s, [*self.server.family(), *beside]))


@contextmanager
def started(name: str, settings: Sequence[str]) -> Iterator[Subject]:
    """The subject of this name, with these settings."""
    with (
        tempfile.TemporaryDirectory(prefix="wd") as folder,  # sockets need a short path
        Server(*settings, RAY_TMPDIR=folder) as server,
    ):
        if name != ALL:
            yield Subject(server, None)
            return
        command = [sys.executable, "-m", "app.serving.follow_logs", folder, "worker", "all"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as follower:
            try:
                yield Subject(server, follower.pid)
            finally:
                follower.terminate()


def variants(collector: str) -> dict[str, tuple[str, ...]]:
    """The settings of each server."""
    rare = "tracing.sample_ratio=0.01", f"tracing.endpoint={collector}"
    return {
        "neither": ("metrics=false",),
        "metrics": (),
        "metrics, traces of 1 %": rare,
        ALL: rare,
        "metrics, traces of all": ("tracing.sample_ratio=1", f"tracing.endpoint={collector}"),
        "metrics, traces, collector down": (
            "tracing.sample_ratio=1",
            f"tracing.endpoint={DOWN}",
        ),
    }


@asynccontextmanager
async def collecting() -> AsyncIterator[str]:
    """The address of a collector that reads all spans, and keeps none."""

    async def take(request: web.Request) -> web.Response:
        await request.read()
        return web.Response()

    app = web.Application()
    app.router.add_post("/v1/traces", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def _cpu_s(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0
    return float(times.user + times.system)


async def ask(server: Server, seconds: float) -> int:
    """The number of answers to the clients in this time."""
    deadline, number = time.monotonic() + seconds, 0

    async def client(session: aiohttp.ClientSession, first: int) -> None:
        nonlocal number
        at = first
        while time.monotonic() < deadline:
            at += 1
            params = {"term": TERMS[at % len(TERMS)]}
            async with session.get("/v1/digest", params=params) as response:
                assert response.status == 200, await response.text()
                await response.read()
            number += 1

    async with aiohttp.ClientSession(server.address) as session:
        await asyncio.gather(*(client(session, 7 * n) for n in range(CLIENTS)))
    return number


async def idle_share(subject: Subject) -> float:
    """The CPU time that it takes without requests, in seconds a second."""
    before = subject.cpu_s()
    await asyncio.sleep(IDLE_S)
    return (subject.cpu_s() - before) / IDLE_S


async def scrape(subject: Subject) -> None:
    """Read all metrics each `SCRAPE_S`, as Prometheus does, where the logs are followed, too."""
    async with aiohttp.ClientSession() as session:
        while subject.is_followed:
            async with session.get(subject.server.metrics) as response:
                assert "wiki_digest" in await response.text()
            await asyncio.sleep(SCRAPE_S)


async def figures(subject: Subject, seconds: float, idle: float) -> Figures:
    """The figures of a turn."""
    begun, before = time.monotonic(), subject.cpu_s()
    async with asyncio.TaskGroup() as group:
        scraper = group.create_task(scrape(subject))
        answers = await ask(subject.server, seconds)
        scraper.cancel()
    took = time.monotonic() - begun
    return Figures(answers / took, (subject.cpu_s() - before - idle * took) / answers * 1e3)


async def main(rounds: int, seconds: float, settings: Sequence[str], only: Sequence[str]) -> None:
    """Print a row for each server."""
    await show_parts()
    async with collecting() as collector:
        with ExitStack() as stack:
            subjects = {
                name: await asyncio.to_thread(stack.enter_context, started(name, [*settings, *own]))
                for name, own in variants(collector).items()
                if not only or name in only
            }
            for subject in subjects.values():
                await ask(subject.server, seconds)
            idle = {name: await idle_share(subject) for name, subject in subjects.items()}
            found: dict[str, list[Figures]] = {name: [] for name in subjects}
            for _ in range(rounds):
                for name, subject in subjects.items():
                    found[name].append(await figures(subject, seconds, idle[name]))
    for name, turns in found.items():
        show(name, turns, next(iter(found.values())))


def show(name: str, turns: list[Figures], base: list[Figures]) -> None:
    """Print the medians, and the ratios to the turns of the first server in the same rounds."""
    rates = [one.rate / first.rate for one, first in zip(turns, base, strict=True)]
    cpu = [one.cpu_ms / first.cpu_ms for one, first in zip(turns, base, strict=True)]
    each = Figures(*map(statistics.median, zip(*turns, strict=True)))
    print(f"{name:32} {each.rate:7.1f}/s {spread(rates)} {each.cpu_ms:7.2f} ms {spread(cpu)}")


def spread(ratios: Sequence[float]) -> str:
    """The median, and the range."""
    return f"{statistics.median(ratios):6.3f} ({min(ratios):.3f} to {max(ratios):.3f})"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME")
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE", dest="settings")
    given = parser.parse_args()
    asyncio.run(main(given.rounds, given.seconds, given.settings, given.only))
