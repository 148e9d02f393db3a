"""Measure this project beside other servers with the same models, all on this machine.

    python -m bench.peers [--rounds 3] [--articles 200] [--clients 1 4 16 64] [--only NAME ...]

Writes bench/peers.json, bench/peers.md and bench/peers.svg after each scenario. Each peer gets a
venv of its own in ~/.cache/wiki-digest-peers. The subjects run by turns in each round; a server is
started anew for each, and asked once it is quiet. One that does not start is named and left out.
CPU time is from /proc, of all processes of the server.
"""

import argparse
import asyncio
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from bench.peers import articles, report
from bench.peers.load import NotStarted, Peer
from bench.peers.subjects import NOOPS, SUBJECTS, Subject, shared

VENVS = Path.home() / ".cache" / "wiki-digest-peers"
OUT = Path(__file__).parents[1]
LIMIT = "limit (two processes, batches of ten, no HTTP)"
WARM = 8
"""Requests before the measurement."""
REMEMBERED, REPEATED = 1024, 8
"""Size of the caches for Zipf terms, and how often each is asked for before the measurement."""


def venv(subject: Subject) -> Path:
    """The venv of a subject, which is made once."""
    if not subject.requires:
        return Path(sys.prefix)
    folder = VENVS / subject.requires[0].replace("==", "-")
    if not (folder / "done").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [str(folder / "bin" / "pip"), "install", "--quiet", *subject.requires, *shared()]
        subprocess.run(pip, check=True)
        (folder / "done").touch()
    return folder


def limit(folder: Path, terms: Sequence[str]) -> dict[str, Any]:
    """The figures of the two processes without a server."""
    command = [sys.executable, "-m", "bench.peers.servers.limit"]
    environment = os.environ | {"PEER_FOLDER": str(folder)}
    done = subprocess.run(
        command, input="\n".join(terms), env=environment, capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    return {
        "rate": found["answers"] / found["seconds"],
        "cpu_ms": found["cpu_s"] * 1000 / found["answers"],
    }


async def measure(
    subject: Subject, folder: Path, terms: Sequence[str], clients: Sequence[int], **options: Any
) -> dict[int, dict[str, Any]]:
    """One round of one subject: its figures for each number of clients.

    Terms that are to be remembered are asked for before that, until each replica has them all.
    """
    peer = Peer(subject, venv(subject), folder, **options)
    async with await peer.start(terms[0]):
        await peer.settled()
        await peer.run(sorted(set(terms)) * REPEATED if options["cache"] else terms[:WARM], WARM)
        start = {"start_s": peer.start_s, "pss_mib": peer.pss() / 2**20}
        return {n: (await peer.run(terms[WARM:], n))._asdict() | start for n in clients}


def zipf(titles: Sequence[str], count: int, seed: int) -> list[str]:
    """Terms as people ask for them: the n-th title with a weight of 1/n."""
    weights = [1 / rank for rank in range(1, len(titles) + 1)]
    return random.Random(seed).choices(titles, weights, k=count)


def run(options: argparse.Namespace) -> None:
    """Measure all scenarios, and write the files after each."""
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as temporary:
        for size in options.sizes:
            count = max(60, options.articles * min(options.sizes) // size)
            folder = Path(temporary) / str(size)
            folder.mkdir()
            titles = articles.write(folder, count + WARM, size)
            found = _scenario(f"{size:,} characters", folder, titles, options)
            results |= {f"{size:,} characters, {n} clients": one for n, one in found.items()}
            write(results, options.out)
            if size == min(options.sizes):
                few = argparse.Namespace(**vars(options) | {"clients": [16]})
                for name, how in (("Zipf terms, remembered", "zipf"), ("no models", "noop")):
                    results[name] = _scenario(name, folder, titles, few, **{how: True})[16]
                    write(results, options.out)


def _scenario(  # noqa: PLR0913 - the last two are one choice
    name: str,
    folder: Path,
    titles: list[str],
    options: argparse.Namespace,
    *,
    zipf: bool = False,
    noop: bool = False,
) -> dict[int, dict[str, list[dict[str, Any]]]]:
    compared = NOOPS if noop else [s for s in SUBJECTS if s.caches or not zipf]
    subjects = [s for s in compared if _wanted(s.name, options.only)]
    found: dict[int, dict[str, list[dict[str, Any]]]] = {n: {} for n in options.clients}
    terms = titles * 10 if noop else _zipf_terms(titles) if zipf else titles
    turns = [(n, s) for n in range(options.rounds) for s in subjects]
    for turn, subject in tqdm(turns, desc=name, file=sys.stderr):
        if subject is subjects[0] and not noop and not zipf and _wanted(LIMIT, options.only):
            lowest = limit(folder, terms)
            for rows in found.values():
                rows.setdefault(LIMIT, []).append(lowest)
        cache = REMEMBERED if zipf else 0
        try:
            measured = asyncio.run(
                measure(subject, folder, terms, options.clients, cache=cache, noop=noop)
            )
        except NotStarted as error:
            print(error, file=sys.stderr)
            continue
        for clients, one in measured.items():
            found[clients].setdefault(subject.name, []).append({**one, "round": turn})
    return found


def _zipf_terms(titles: list[str]) -> list[str]:
    return zipf(titles[:50], 20 * len(titles), seed=1)


def _wanted(name: str, only: Sequence[str]) -> bool:
    return not only or any(one in name for one in only)


def machine() -> dict[str, Any]:
    """Facts about this machine."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = next((line for line in info.splitlines() if line.startswith("model name")), ":")
    flags = next((line for line in info.splitlines() if line.startswith("flags")), ":").split()
    return {
        "cpu": model.partition(":")[2].strip(),
        "cores": os.cpu_count(),
        "vnni": any("vnni" in flag for flag in flags),
        "avx512": "avx512f" in flags,
        "python": platform.python_version(),
    }


def main() -> None:
    """Measure, write the files, and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--articles", type=int, default=200)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_500, 20_000])
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 4, 16, 64])
    parser.add_argument("--only", nargs="+", default=[], help="parts of the subjects' names")
    parser.add_argument("--out", type=Path, default=OUT, help="folder of the results")
    options = parser.parse_args()
    run(options)
    print((options.out / "peers.md").read_text(encoding="utf-8"))


def write(results: dict[str, report.Rows], out: Path) -> None:
    """Write the tables, the numbers and the chart: scenario -> subject -> its rounds."""
    facts = machine()
    parts = [f"### {name}\n\n{report.table(found, LIMIT)}\n" for name, found in results.items()]
    text = f"{', '.join(f'{key} {value}' for key, value in facts.items())}\n\n" + "\n".join(parts)
    (out / "peers.md").write_text(text, encoding="utf-8")
    content = json.dumps({"machine": facts, "results": results}, indent=1)
    (out / "peers.json").write_text(content + "\n", encoding="utf-8")
    first = next(found for name, found in results.items() if " 16 clients" in name)
    svg = report.chart(first, "cpu_ms", "CPU ms for one answer (less is better)")
    (out / "peers.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
