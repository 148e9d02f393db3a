"""FastAPI and uvicorn: two processes, the graph in a thread."""

from functools import cache
from typing import Any

import uvicorn
from fastapi import FastAPI

from bench.peers import servers

app = FastAPI()
graph = cache(servers.load)


@app.get("/digest")
def digest(term: str) -> dict[str, Any]:
    """The digest of a term."""
    found: dict[str, Any] = graph().digest(term)
    return found


if __name__ == "__main__":
    uvicorn.run(
        "bench.peers.servers.uvicorn_app:app",
        host="127.0.0.1",
        port=servers.PORT,
        workers=servers.WORKERS,
        log_level="warning",
    )
