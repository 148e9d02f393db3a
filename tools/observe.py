"""Serves with a local Prometheus: `python -m tools.observe`. Ctrl-C stops both."""

import signal
import sys
import time

import requests

from devtools import prometheus
from devtools.server import Server

LABELS = {"namespace": "default", "app_kubernetes_io_instance": "local"}
"""Those of a release, so that the chart's dashboards and rules work on it."""
TERMS = ("ada lovelace", "kyoto", "black death", "no such article")
QUERY = 'sum by (outcome) (ray_wiki_digest_requests_total{route="/v1/digest"}) > 0'
SEEN_S = 120.0


def main() -> None:
    """Serve until SIGINT or SIGTERM.

    Raises:
        SystemExit: Prometheus cannot be found.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    program = prometheus.executable("prometheus") or sys.exit(prometheus.WANTED)
    try:
        with (
            Server() as server,
            prometheus.running(program, [server.metrics_port], LABELS) as started,
        ):
            print(f"Prometheus: {started.address}\nwiki-digest: {server.address}", flush=True)
            show(server, started)
            signal.pause()
    except KeyboardInterrupt:
        pass


def show(server: Server, started: prometheus.Prometheus) -> None:
    """Ask some terms, and print a query and its answer."""
    for term in TERMS:
        requests.get(f"{server.address}/v1/digest", {"term": term}, timeout=SEEN_S)
    print(f"\n{QUERY}", flush=True)
    for sample in sorted(answered(started), key=lambda sample: str(sample["metric"])):
        print(f"  {sample['metric']['outcome']:12} {sample['value'][1]}", flush=True)


def answered(started: prometheus.Prometheus) -> list[prometheus.Sample]:
    """The answer, once Ray has exported the requests: after up to 15 seconds."""
    deadline = time.monotonic() + SEEN_S
    found: list[prometheus.Sample] = []
    while sum(map(requests_of, found)) < len(TERMS) and time.monotonic() < deadline:
        time.sleep(0.5)
        found = started.query(QUERY)
    return found


def requests_of(sample: prometheus.Sample) -> float:
    """The requests that a sample counts."""
    return float(sample["value"][1])


if __name__ == "__main__":
    main()
