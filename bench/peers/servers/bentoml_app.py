"""BentoML: a service for each stage, composed; each has one process."""

import asyncio
from typing import Any

import bentoml

from app.config.settings import CorpusSettings, Settings
from app.core.values import Article, combine
from app.models.device import Device
from app.sources.corpus import Corpus
from app.stages.registry import STAGES
from bench.peers import servers


class _Stage:
    name = ""

    def __init__(self) -> None:
        self.stage = STAGES[self.name].load(Settings(), Device())

    def run_articles(self, articles: list[dict[str, Any]]) -> list[dict[str, Any]]:
        found = self.stage.run([Article.model_validate(one) for one in articles])
        return [one.model_dump(mode="json") for one in found]


@bentoml.service(traffic={"timeout": 120})
class Sentiment(_Stage):
    """The gate."""

    name = "sentiment"

    @bentoml.api(batchable=True, max_batch_size=10, max_latency_ms=60_000)
    def run(self, articles: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The tone of each article."""
        return self.run_articles(articles)


@bentoml.service(traffic={"timeout": 120})
class Summarizer(_Stage):
    """The summary."""

    name = "summarizer"

    @bentoml.api(batchable=True, max_batch_size=10, max_latency_ms=60_000)
    def run(self, articles: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The summary of each article."""
        return self.run_articles(articles)


@bentoml.service(traffic={"timeout": 120})
class Entities(_Stage):
    """The names."""

    name = "entities"

    @bentoml.api(batchable=True, max_batch_size=10, max_latency_ms=60_000)
    def run(self, articles: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The names of each article."""
        return self.run_articles(articles)


@bentoml.service(traffic={"timeout": 120})
class Digest:
    """The driver."""

    sentiment = bentoml.depends(Sentiment)
    summarizer = bentoml.depends(Summarizer)
    entities = bentoml.depends(Entities)

    def __init__(self) -> None:
        self.corpus = Corpus(CorpusSettings(folder=servers.FOLDER))

    @bentoml.api
    async def digest(self, term: str) -> dict[str, Any]:
        """The digest of a term."""
        article = self.corpus.find(term)
        dumped = [article.model_dump(mode="json")]
        (tone,) = await self.sentiment.to_async.run(dumped)
        if tone["score"] is not None and tone["score"] > tone["threshold"]:
            return combine(article, term=term, ms={}).model_dump(mode="json") | {"tone": tone}
        (summary,), (entities,) = await asyncio.gather(
            self.summarizer.to_async.run(dumped), self.entities.to_async.run(dumped)
        )
        digest = combine(article, term=term, ms={}, summary=summary, entities=entities)
        return digest.model_dump(mode="json") | {"tone": tone}
