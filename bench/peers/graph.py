"""The same graph as one plain function, for servers that have no graph of deployments."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.config.settings import CorpusSettings, Settings
from app.core.values import Article, StageResult, combine
from app.models.device import Device
from app.sources.corpus import Corpus
from app.stages.registry import BRANCHES, GATE


class Graph:
    """Source, gate and both branches, one after the other, in this process."""

    def __init__(self, folder: Path) -> None:
        settings = Settings()
        self._corpus = Corpus(CorpusSettings(folder=folder))
        self._gate = GATE.load(settings, Device())
        self._branches = {spec.field: spec.load(settings, Device()) for spec in BRANCHES}

    def digest(self, term: str) -> dict[str, Any]:
        """The answer to one term."""
        return self.digests([term])[0]

    def digests(self, terms: Sequence[str]) -> list[dict[str, Any]]:
        """The answers to many terms, each stage with all articles in one batch."""
        articles = [self._corpus.find(term) for term in terms]
        tones = self._gate.run(articles)
        kept = [article for article, tone in zip(articles, tones, strict=True) if not tone.rejected]
        found = {field: iter(stage.run(kept)) for field, stage in self._branches.items()}
        return [
            _answer(term, article, tone, {} if tone.rejected else _next(found))
            for term, article, tone in zip(terms, articles, tones, strict=True)
        ]


def _next(found: dict[str, Any]) -> dict[str, StageResult]:
    return {field: next(results) for field, results in found.items()}


def _answer(term: str, article: Article, tone: Any, results: dict[str, Any]) -> dict[str, Any]:
    digest = combine(article, term=term, ms={}, tone=tone, **results)
    return digest.model_dump(mode="json")
