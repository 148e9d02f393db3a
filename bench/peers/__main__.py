"""Measure this project beside other servers with the same models, all on this machine.

    python -m bench.peers [--rounds 3] [--articles 200] [--clients 1 4 16 64] [--only NAME ...]

Writes bench/peers.json, bench/peers.md and bench/peers.svg. Each peer gets a venv of its own in
~/.cache/wiki-digest-peers. The subjects run by turns in each round; a server is started anew for
each. CPU time is from /proc, of all processes of the server.
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
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from bench.peers import articles, report
from bench.peers.load import Peer
from bench.peers.subjects import NOOPS, SHARED, SUBJECTS, Subject

VENVS = Path.home() / ".cache" / "wiki-digest-peers"
OUT = Path(__file__).parents[1]
LIMIT = "limit (two processes, batches of ten, no HTTP)"
WARM = 8
"""Requests before the measurement."""
REMEMBERED = 1024
"""Size of the caches for Zipf terms."""


def venv(subject: Subject) -> Path:
    """The venv of a subject, which is made once."""
    if not subject.requires:
        return Path(sys.prefix)
    folder = VENVS / subject.requires[0].replace("==", "-")
    if not (folder / "done").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [str(folder / "bin" / "pip"), "install", "--quiet", *subject.requires, *SHARED]
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
    subject: Subject, folder: Path, terms: Sequence[str], clients: int, **options: Any
) -> dict[str, Any]:
    """One round of one subject."""
    peer = Peer(subject, venv(subject), folder, **options)
    async with await peer.start(terms[0]):
        await peer.run(terms[:WARM], min(clients, WARM))
        measured = await peer.run(terms[WARM:], clients)
        return {**measured._asdict(), "start_s": peer.start_s, "pss_mib": peer.pss() / 2**20}


def zipf(titles: Sequence[str], count: int, seed: int) -> list[str]:
    """Terms as people ask for them: the n-th title with a weight of 1/n."""
    weights = [1 / rank for rank in range(1, len(titles) + 1)]
    return random.Random(seed).choices(titles, weights, k=count)


def scenarios(options: argparse.Namespace) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Name, characters of an article, and options of each scenario."""
    for size in options.sizes:
        for clients in options.clients:
            yield f"{size:,} characters, {clients} clients", size, {"clients": clients}
    yield "Zipf terms, remembered", options.sizes[0], {"clients": 16, "zipf": True}
    yield "no models", options.sizes[0], {"clients": 16, "noop": True}


def run(options: argparse.Namespace) -> dict[str, report.Rows]:
    """All scenarios: name -> subject -> its rounds."""
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as temporary:
        for name, size, scenario in scenarios(options):
            folder = Path(temporary) / str(size)
            folder.mkdir(exist_ok=True)
            count = max(60, options.articles * min(options.sizes) // size)
            titles = articles.write(folder, count + WARM, size)
            results[name] = _scenario(name, folder, titles, options, **scenario)
    return results


def _scenario(  # noqa: PLR0913 - the last three are one scenario
    name: str,
    folder: Path,
    titles: list[str],
    options: argparse.Namespace,
    *,
    clients: int,
    zipf: bool = False,
    noop: bool = False,
) -> dict[str, list[dict[str, Any]]]:
    subjects = [s for s in (NOOPS if noop else SUBJECTS) if _wanted(s.name, options.only)]
    found: dict[str, list[dict[str, Any]]] = {}
    terms = titles * 10 if noop else _zipf_terms(titles) if zipf else titles
    turns = [(n, s) for n in range(options.rounds) for s in subjects]
    for turn, subject in tqdm(turns, desc=name, file=sys.stderr):
        if subject is subjects[0] and not noop and not zipf and _wanted(LIMIT, options.only):
            found.setdefault(LIMIT, []).append(limit(folder, terms))
        measured = asyncio.run(
            measure(subject, folder, terms, clients, cache=REMEMBERED if zipf else 0, noop=noop)
        )
        found.setdefault(subject.name, []).append({**measured, "round": turn})
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
    """Measure, print the tables, and write the files."""
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
    results = run(options)
    facts = machine()
    parts = [f"### {name}\n\n{report.table(found, LIMIT)}\n" for name, found in results.items()]
    text = f"{', '.join(f'{key} {value}' for key, value in facts.items())}\n\n" + "\n".join(parts)
    print(text)
    (options.out / "peers.md").write_text(text, encoding="utf-8")
    content = json.dumps({"machine": facts, "results": results}, indent=1)
    (options.out / "peers.json").write_text(content + "\n", encoding="utf-8")
    first = next(found for name, found in results.items() if " 16 clients" in name)
    svg = report.chart(first, "cpu_ms", "CPU ms for one answer (less is better)")
    (options.out / "peers.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
