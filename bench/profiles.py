"""Where the CPU time of an answer goes: `python -m bench.profiles SUBJECT [--clients 16]`.

Runs a subject of `bench.peers` (a part of its name; "no-op" is without models) with articles of
1,500 characters, all different. It prints the CPU time of each process for an answer; then that of
each thread of the busiest, from /proc, and what py-spy saw it do when it did not wait.
`pip install py-spy` first; it is no dependency of this project.
"""

import argparse
import asyncio
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

import psutil

from bench.peers import articles
from bench.peers.__main__ import WARM, venv
from bench.peers.load import Peer
from bench.peers.subjects import NOOPS, SUBJECTS, Subject
from devtools.server import title

CHARACTERS = 1_500
SHOWN_MS = 0.1
"""CPU time of an answer from which a process or a thread is printed."""
SHOWN = 0.05
"""The part of a thread's samples from which a place is printed."""
NOOP = NOOPS[0]
PROFILED = 4
"""Of the busiest processes, so many are profiled."""
PER_S = 200
"""Samples a second."""
WAITING: Final = ("(threading.py", "_worker (concurrent/futures/thread.py", "(selectors.py")
"""The innermost frames of a thread that waits, or runs the event loop's own C code."""
PLACES: Final = {
    "networks": ("onnxruntime/",),
    "stages": ("app/stages/", "app/models/", "tokenizers/"),
    "source": ("app/sources/",),
    "metrics": ("app/metrics/", "app/serving/metrics", "ray/util/metrics", "opentelemetry/"),
    "calls between processes": ("pickle", "app/serving/handles", "ray/serve/handle", "grpc/"),
    "driver and routes": ("app/driver", "app/core/", "app/api/", "app/serving/"),
    "FastAPI and uvicorn": ("fastapi/", "starlette/", "uvicorn/", "pydantic/", "anyio/"),
    "Ray": ("ray/",),
}
"""A sample is counted for the place of its innermost frame that is in one."""
_THREAD: Final = re.compile(r"^thread \((\d+)\): (.+)$")


class Thread(NamedTuple):
    """A thread's CPU time for an answer, and its samples by place."""

    process: str
    name: str
    cpu_ms: float
    places: Counter[str]

    def row(self) -> str:
        """A line of the table."""
        total = max(1, self.places.total())
        most = [(place, n / total) for place, n in self.places.most_common() if n / total >= SHOWN]
        parts = ", ".join(f"{place} {share:.0%}" for place, share in most)
        return f"| {self.process} | {self.name} | {self.cpu_ms:.2f} | {parts} |"


def place_of(frames: list[str]) -> str:
    """The place that a stack of py-spy's raw format is counted for."""
    for frame in reversed(frames):
        for place, files in PLACES.items():
            if any(file in frame for file in files):
                return place
    return "other"


def samples(raw: str) -> dict[int, tuple[str, Counter[str]]]:
    """The name and the samples of each thread, in a file in py-spy's raw format with threads."""
    found: dict[int, tuple[str, Counter[str]]] = {}
    for line in raw.splitlines():
        stack, _, count = line.rpartition(" ")
        first, *frames = stack.split(";")
        if (thread := _THREAD.match(first)) and frames:
            places = found.setdefault(int(thread[1]), (thread[2], Counter()))[1]
            if not any(waiting in frames[-1] for waiting in WAITING):
                places[place_of(frames)] += int(count)
    return found


def name_of(process: psutil.Process) -> str:
    """The name that Ray gave it, or that of its program."""
    words = title(process).split() or [""]
    return words[0].rpartition("/")[2]


def spent(peer: Peer) -> dict[int, dict[int, float]]:
    """The CPU seconds of each thread of each process."""
    return {
        one.pid: {thread.id: thread.user_time + thread.system_time for thread in one.threads()}
        for one in peer.family()
    }


def grown(before: Mapping[int, float], after: Mapping[int, float]) -> dict[int, float]:
    """The CPU seconds of each thread between two measurements."""
    return {thread: seconds - before.get(thread, 0.0) for thread, seconds in after.items()}


async def profiled(peer: Peer, terms: list[str], clients: int, folder: Path) -> None:
    """Measure while the first half is asked for, and let py-spy look at the second half."""
    half = len(terms) // 2
    before = spent(peer)
    answers = (await peer.run(terms[:half], clients)).statuses["200"]
    took = {pid: grown(before.get(pid, {}), threads) for pid, threads in spent(peer).items()}
    names = {one.pid: name_of(one) for one in peer.family()}
    ordered = sorted(took, key=lambda pid: -sum(took[pid].values()))
    print("| process | CPU ms an answer |\n| --- | --- |")
    for pid in ordered:
        if (ms := sum(took[pid].values()) * 1000 / answers) >= SHOWN_MS:
            print(f"| {names[pid]} | {ms:.2f} |")
    print("\n| process | thread | CPU ms an answer | what it does |\n| --- | --- | --- | --- |")
    pythons = [pid for pid in ordered if ":" in names[pid]][:PROFILED]
    recorders = {pid: _record(pid, folder / f"{pid}.txt") for pid in pythons}
    await asyncio.sleep(1)  # until they are attached
    await peer.run(terms[half:], clients)
    for pid, recorder in recorders.items():
        recorder.send_signal(signal.SIGINT)
        recorder.wait(60)
        for thread, (name, places) in samples((folder / f"{pid}.txt").read_text("utf-8")).items():
            row = Thread(names[pid], name, took[pid].get(thread, 0) * 1000 / answers, places)
            if row.cpu_ms >= SHOWN_MS:
                print(row.row())


def _record(pid: int, to: Path) -> subprocess.Popen[bytes]:
    command = ["py-spy", "record", "--threads", "--pid", str(pid), "--format", "raw"]
    return subprocess.Popen(
        [*command, "--rate", str(PER_S), "--output", str(to), "--duration", "600"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


async def run(subject: Subject, clients: int, count: int) -> None:
    """Start the subject, and print the tables."""
    noop = subject is NOOP
    with TemporaryDirectory() as given:
        folder = Path(given) / "articles"
        folder.mkdir()
        terms = articles.write(folder, count, CHARACTERS) * (50 if noop else 1)
        peer = Peer(subject, venv(subject), folder, cache=0, noop=noop)
        async with await peer.start(terms[0]):
            await peer.settled()
            await peer.run(terms[:WARM], WARM)
            await profiled(peer, terms, clients, Path(given))


def main() -> None:
    """Profile one subject."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("subject")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--articles", type=int, default=600)
    options = parser.parse_args()
    named = [one for one in (NOOP, *SUBJECTS) if options.subject in one.name]
    if not named:
        sys.exit(f"no subject has {options.subject!r} in its name")
    asyncio.run(run(named[0], options.clients, options.articles))


if __name__ == "__main__":
    main()
