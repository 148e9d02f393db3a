"""KServe's Python server: one model, the whole graph in it."""

import asyncio
from typing import Any

from kserve import Model, ModelServer

from bench.peers import servers


class Digest(Model):
    """The graph as one model."""

    def __init__(self) -> None:
        super().__init__("digest")
        self.graph = servers.load()
        self.ready = True

    async def predict(self, payload: dict[str, Any], *_: object, **__: object) -> dict[str, Any]:
        """The digest of each term, in a thread."""
        return {"predictions": await asyncio.to_thread(self.graph.digests, payload["instances"])}


if __name__ == "__main__":
    ModelServer(http_port=servers.PORT, enable_grpc=False).start([Digest()])
