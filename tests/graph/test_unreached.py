"""A stage that answers nobody, on a real Serve: digests lack it, and do not wait for it."""

import signal

import requests

from devtools.server import Server
from tests.support.eventually import eventually

DEADLINE_S = 10
WITHIN_S = 80
"""Before Serve replaces a replica that answers no health check."""
ALONE = ("placement=distributed", "digest.cache_size=0", f"digest.deadline_s={DEADLINE_S}")

NONE = {"stage": "all", "reason": "no digest"}
FORGETFUL = {"RAY_SERVE_QUEUE_LENGTH_CACHE_TIMEOUT_S": "0.1"}
"""So Serve asks a replica for its queue's length before each call, as after ten idle seconds."""


def missing(server: Server) -> dict[str, str]:
    """The parts that a digest lacks, and why."""
    asked = f"{server.address}/v1/digest?term=kyoto"
    found = requests.get(asked, timeout=4 * DEADLINE_S).json()
    return {one["stage"]: one["reason"] for one in found.get("missing", [NONE])}


def test_a_digest_says_what_no_replica_answers_until_one_does() -> None:
    """The first ones wait for their deadline."""
    said = {"entities": "no replica of the stage answers"}
    with Server(*ALONE, **FORGETFUL) as server:
        eventually("a whole digest", lambda: missing(server) == {}, WITHIN_S)
        (stopped,) = server.replicas("Entities")
        stopped.send_signal(signal.SIGSTOP)
        try:
            eventually("it is said", lambda: missing(server) == said, WITHIN_S)
        finally:
            stopped.send_signal(signal.SIGCONT)
        eventually("the digest is whole", lambda: missing(server) == {}, WITHIN_S)
