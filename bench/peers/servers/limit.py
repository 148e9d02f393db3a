"""The limit: two processes that run batches of ten articles, without HTTP.

Prints a JSON line: answers a second, and CPU seconds of both processes while they ran.
"""

import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import cache

from bench.peers import servers
from bench.peers.graph import Graph

BATCH = 10


@cache
def _graph() -> Graph:
    return Graph(servers.FOLDER)


def ready() -> int:
    """Load the models, and answer once."""
    _graph()
    time.sleep(1)  # so that the other worker takes the other call
    return 1


def run(terms: list[str]) -> tuple[int, float]:
    """The number of answers, and the CPU seconds that they took."""
    before = time.process_time()
    return len(_graph().digests(terms)), time.process_time() - before


def main() -> None:
    """Run all terms of stdin, one a line."""
    terms = sys.stdin.read().splitlines()
    batches = [terms[at : at + BATCH] for at in range(0, len(terms), BATCH)]
    with ProcessPoolExecutor(servers.WORKERS) as pool:
        list(pool.map(_warm, range(servers.WORKERS)))
        started = time.monotonic()
        done = list(pool.map(run, batches))
        seconds = time.monotonic() - started
    count, cpu = sum(n for n, _ in done), sum(spent for _, spent in done)
    print(json.dumps({"answers": count, "seconds": seconds, "cpu_s": cpu}))


def _warm(_: int) -> int:
    return ready()


if __name__ == "__main__":
    main()
