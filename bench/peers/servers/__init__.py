"""A server for each subject. Each reads PEER_PORT, PEER_FOLDER, and PEER_NOOP (no models)."""

import os
from pathlib import Path
from typing import Any

PORT = int(os.environ.get("PEER_PORT", "0"))
FOLDER = Path(os.environ.get("PEER_FOLDER", "."))
NOOP = "PEER_NOOP" in os.environ
WORKERS = 2


class Nothing:
    """A graph without work: what remains is the cost of the server."""

    def digest(self, term: str) -> dict[str, Any]:
        """An answer of a usual size."""
        return {"term": term, "summary": {"text": "x" * 300}, "entities": {"items": ["x"] * 20}}

    def digests(self, terms: list[str]) -> list[dict[str, Any]]:
        """An answer for each term."""
        return [self.digest(term) for term in terms]


def load() -> Any:
    """The graph with its models, or without work."""
    if NOOP:
        return Nothing()
    from bench.peers.graph import Graph  # noqa: PLC0415 - imports the models' libraries

    return Graph(FOLDER)
