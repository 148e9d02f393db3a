"""The graph as Ray Serve's guides write it: a deployment for each stage, Serve's own defaults."""

import asyncio
import os
from typing import Any, cast

import ray
from ray import serve
from starlette.requests import Request

from app.config.settings import CorpusSettings, Settings
from app.core.values import Article, combine
from app.models.device import Device
from app.sources.corpus import Corpus
from app.stages.registry import BRANCHES, GATE, STAGES
from bench.peers import servers


@serve.deployment
class Stage:
    """A stage with its model."""

    def __init__(self, name: str) -> None:
        self.stage = STAGES[name].load(Settings(), Device())

    @serve.batch(max_batch_size=10, batch_wait_timeout_s=0.01)
    async def __call__(self, articles: list[Article]) -> list[Any]:
        """The result for each article."""
        return list(self.stage.run(articles))


@serve.deployment
class Digest:
    """The driver and HTTP."""

    def __init__(self, folder: str, gate: Any, **branches: Any) -> None:
        self.corpus = Corpus(CorpusSettings(folder=folder))
        self.gate, self.branches = gate, branches

    async def __call__(self, request: Request) -> dict[str, Any]:
        """The digest of the term in the query."""
        term = request.query_params["term"]
        article = self.corpus.find(term)
        tone = await self.gate.remote(article)
        results: dict[str, Any] = {}
        if not tone.rejected:
            calls = [branch.remote(article) for branch in self.branches.values()]
            results = dict(zip(self.branches, await asyncio.gather(*calls), strict=True))
        return combine(article, term=term, ms={}, tone=tone, **results).model_dump(mode="json")


def main() -> None:
    """Serve until the process ends."""
    ray.init(address="local", num_cpus=max(8, os.cpu_count() or 1), log_to_driver=False)
    serve.start(http_options={"host": "127.0.0.1", "port": servers.PORT})
    stage, digest = cast("serve.Deployment", Stage), cast("serve.Deployment", Digest)
    branches = {spec.field: stage.bind(spec.name) for spec in BRANCHES}
    serve.run(digest.bind(str(servers.FOLDER), stage.bind(GATE.name), **branches), blocking=True)


if __name__ == "__main__":
    main()
