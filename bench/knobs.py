"""The cost of settings: the same articles through servers that differ in one setting.

    python -m bench.knobs [--rounds 2] [--folder DIR] [VARIANT ...]

Every variant runs once a round, so that a change of the machine's speed affects all of them;
ratios are to the first variant of the same round, median over rounds.
"""

import argparse
import asyncio
import random
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import aiohttp

from app.sources.corpus import FOLDER
from bench.load import ask, words
from devtools.server import Server

VARIANTS: dict[str, tuple[str, ...]] = {
    "default": (),
    "distributed": ("placement=distributed",),
    "wait 10 ms": tuple(
        f"{s}.batch.batch_wait_timeout_s=0.01" for s in ("sentiment", "summarizer", "entities")
    ),
    "wait 100 ms": tuple(
        f"{s}.batch.batch_wait_timeout_s=0.1" for s in ("sentiment", "summarizer", "entities")
    ),
    "size 1": tuple(f"{s}.batch.max_batch_size=1" for s in ("sentiment", "summarizer", "entities")),
    "size 32": tuple(
        f"{s}.batch.max_batch_size=32" for s in ("sentiment", "summarizer", "entities")
    ),
    "tokens 1k": tuple(f"{s}.batch.max_batch_tokens=1024" for s in ("sentiment", "entities")),
    "tokens 16k": tuple(f"{s}.batch.max_batch_tokens=16384" for s in ("sentiment", "entities")),
    "window 64": ("entities.window_tokens=64",),
    "window 256": ("entities.window_tokens=256",),
    "no metrics": ("metrics=false",),
    "traces of 1 %": ("tracing.sample_ratio=0.01", "tracing.endpoint=http://127.0.0.1:9/v1/traces"),
    "actor calls": (),
}
ENVIRONMENTS = {
    "actor calls": {"RAY_SERVE_THROUGHPUT_OPTIMIZED": "0", "RAY_SERVE_PROXY_USE_GRPC": "0"},
}
"""Environment variables of a variant, which configure Serve itself."""


class Figures(NamedTuple):
    """Median milliseconds with one client; answers a second with sixteen."""

    alone_ms: float
    rate: float


async def measure(address: str, terms: list[str], seconds: float) -> Figures:
    """Run one client for `seconds`, then sixteen."""
    async with aiohttp.ClientSession(address) as session:
        await several(session, terms, 16, 2.0)  # warm up
        alone = await several(session, terms, 1, seconds)
        busy = await several(session, terms, 16, seconds)
    return Figures(statistics.median(alone) * 1e3, len(busy) / seconds)


async def several(
    session: aiohttp.ClientSession, terms: list[str], clients: int, seconds: float
) -> list[float]:
    """The seconds of each answer to `clients` concurrent clients."""
    deadline = time.monotonic() + seconds
    durations: list[float] = []

    async def one(seed: int) -> None:
        chance = random.Random(seed)
        while time.monotonic() < deadline:
            started = time.monotonic()
            status, _ = await ask(session, chance.choice(terms))
            assert status == 200, status
            durations.append(time.monotonic() - started)

    await asyncio.gather(*map(one, range(clients)))
    return durations


@contextmanager
def serving(folder: Path, variant: str) -> Iterator[str]:
    """The address of a server of this variant, without a cache or rejections."""
    fixed = (f"source.folder={folder}", "digest.cache_size=0", "sentiment.threshold=1")
    with Server(*fixed, *VARIANTS[variant], **ENVIRONMENTS.get(variant, {})) as server:
        yield server.address


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("variants", nargs="*", default=list(VARIANTS), metavar="VARIANT")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="articles to request")
    options = parser.parse_args()
    titles = len(list(options.folder.glob("*.txt")))
    terms = words(options.folder, min(1000, titles), random.Random(1))
    results: dict[str, list[Figures]] = {variant: [] for variant in options.variants}
    for _ in range(options.rounds):
        for variant, figures in results.items():
            with serving(options.folder, variant) as address:
                figures.append(asyncio.run(measure(address, terms, options.seconds)))
    report(results)


def report(results: dict[str, list[Figures]]) -> None:
    """Print one row a variant."""
    first = next(iter(results.values()))
    print(f"{'variant':14} {'ms alone':>9} {'ratio':>6} {'a second':>9} {'ratio':>6}")
    for variant, figures in results.items():
        pairs = list(zip(figures, first, strict=True))
        ms, rate = (statistics.median(f[i] for f in figures) for i in (0, 1))
        slower, faster = (statistics.median(f[i] / b[i] for f, b in pairs) for i in (0, 1))
        print(f"{variant:14} {ms:9.1f} {slower:6.2f} {rate:9.1f} {faster:6.2f}")


if __name__ == "__main__":
    main()
