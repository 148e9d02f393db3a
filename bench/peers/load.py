"""A server in its own process group, the clients that load it, and what it used."""

import asyncio
import contextlib
import math
import os
import statistics
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self
from urllib.parse import quote

import aiohttp
import psutil

from bench.peers.subjects import Subject
from devtools.server import free_port, pss

START_S = 120.0
SETTLE_S = 20.0
QUIET = 0.2
"""Cores that a server uses at most once its start is over."""
STOP_S = 20.0
REQUEST_S = 120.0


class NotStarted(Exception):
    """A server ended, or gave no answer in time."""


class Measured(NamedTuple):
    """One run of all terms by `clients` clients."""

    clients: int
    rate: float
    """answers with a status of 200 a second"""
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    """CPU time of the server's processes for one such answer"""
    failed: int
    """answers with another status, or none"""
    statuses: dict[str, int]


class Peer:
    """A running server of a subject. `start_s`: seconds until its first answer."""

    def __init__(
        self, subject: Subject, venv: Path, folder: Path, *, cache: int, noop: bool
    ) -> None:
        self.port = free_port()
        self.subject = subject
        python = venv / "bin" / "python"
        names = {
            "python": python,
            "venv": venv,
            "port": self.port,
            "folder": folder,
            "cache": cache,
        }
        self._command = [word.format(**names) for word in subject.command]
        self._environment = os.environ | {
            **subject.environment,
            "PYTHONPATH": str(Path.cwd()),
            "PEER_PORT": str(self.port),
            "PEER_FOLDER": str(folder),
            **({"PEER_NOOP": "1"} if noop else {}),
        }

    async def start(self, term: str) -> Self:
        """Start it, and wait until it answers `term`.

        Raises:
            NotStarted: it ended, or did not answer within `START_S`.
        """
        began = time.monotonic()
        self._process = self._launch()
        async with self.session(1) as session:
            while await self._ask(session, term) != "200":
                if self._process.poll() is not None or time.monotonic() - began > START_S:
                    await self._stop()
                    raise NotStarted(f"{self.subject.name} did not start")
                await asyncio.sleep(0.1)
        self.start_s = time.monotonic() - began
        return self

    def _launch(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._command,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    async def settled(self) -> None:
        """Wait until it is idle, for `SETTLE_S` at most: Ray goes on starting processes."""
        deadline = time.monotonic() + SETTLE_S
        while time.monotonic() < deadline:
            before = self.cpu_s()
            await asyncio.sleep(1)
            if self.cpu_s() - before < QUIET:
                return

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await self._stop()

    async def _stop(self) -> None:
        family = self.family() if self._process.poll() is None else []
        self._process.terminate()
        _, alive = await asyncio.to_thread(psutil.wait_procs, family, STOP_S)
        for process in alive:
            process.kill()
        self._process.wait()

    def session(self, clients: int) -> aiohttp.ClientSession:
        """Connections for this many clients."""
        return aiohttp.ClientSession(
            f"http://127.0.0.1:{self.port}",
            connector=aiohttp.TCPConnector(limit=clients),
            timeout=aiohttp.ClientTimeout(total=REQUEST_S),
        )

    def family(self) -> list[psutil.Process]:
        """Its process and all descendants."""
        root = psutil.Process(self._process.pid)
        return [root, *root.children(recursive=True)]

    def pss(self) -> int:
        """Its memory in bytes; pages that processes share count once."""
        return sum(map(pss, self.family()))

    def cpu_s(self) -> float:
        """The CPU seconds of all its processes that run."""
        total = 0.0
        for process in self.family():
            with contextlib.suppress(psutil.NoSuchProcess):
                total += sum(process.cpu_times()[:2])
        return total

    async def run(self, terms: Sequence[str], clients: int) -> Measured:
        """Ask for all terms, each client one after the other."""
        waiting = iter(terms)
        seconds: list[float] = []
        statuses: Counter[str] = Counter()

        async def client(session: aiohttp.ClientSession) -> None:
            for term in waiting:
                began = time.monotonic()
                statuses[await self._ask(session, term)] += 1
                seconds.append(time.monotonic() - began)

        before, began = self.cpu_s(), time.monotonic()
        async with self.session(clients) as session:
            await asyncio.gather(*(client(session) for _ in range(clients)))
        answers, failed = statuses["200"], len(seconds) - statuses["200"]
        rate = answers / (time.monotonic() - began)
        cpu_ms = (self.cpu_s() - before) * 1000 / answers if answers else math.inf
        p50, p99 = (statistics.quantiles(seconds, n=100)[n] * 1000 for n in (49, 98))
        return Measured(clients, rate, p50, p99, cpu_ms, failed, dict(statuses))

    async def _ask(self, session: aiohttp.ClientSession, term: str) -> str:
        """The status of the answer, or the error's name."""
        subject = self.subject
        try:
            if subject.json:
                body = subject.json.replace("TERM", f'"{term}"')
                request = session.post(subject.path, data=body, headers=_JSON)
            else:
                request = session.get(subject.path + quote(term, safe=""))
            async with request as response:
                await response.read()
                return str(response.status)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return type(error).__name__


_JSON = {"Content-Type": "application/json"}
