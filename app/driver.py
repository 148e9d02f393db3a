"""The order of the calls: source, sentiment, then summarizer and entities at the same time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from app.answer import Article, Digest, Entities, Summary, Tone, combine
from app.run import Run, Tell, ignore
from app.settings import Settings
from app.sharing import Sharing


class Stages(NamedTuple):
    """What the driver calls: deployment handles, plain methods, or fakes; it cannot tell."""

    source: Callable[[str], Awaitable[Article]]
    sentiment: Callable[[Article], Awaitable[Tone]]
    summarizer: Callable[[Article], Awaitable[Summary]]
    entities: Callable[[Article], Awaitable[Entities]]


class Driver:
    """Makes digests. What a stage said of an article is shared and remembered."""

    def __init__(self, stages: Stages, settings: Settings) -> None:
        self._stages = stages
        self._deadline_s = settings.digest.deadline_s
        self._fail_open = settings.sentiment.fail_open
        parts = len(Stages._fields) - 1  # each digest is remembered as its parts
        self._memory: Sharing[Any, Any] = Sharing(
            settings.digest.cache_size * parts, settings.digest.cache_ttl_s
        )

    async def digest(self, term: str, tell: Tell = ignore, deadline: float | None = None) -> Digest:
        """The digest of the first article that matches `term`; `tell` hears of each stage.

        Raises:
            DigestError: there is no article, the gate failed, or time is up at `deadline` (of the
                loop's clock; never later than the settings allow).
        """
        latest = asyncio.get_running_loop().time() + self._deadline_s
        run = Run(latest if deadline is None else min(latest, deadline), tell)
        article = await run.must("source", lambda: self._stages.source(term))
        ask_gate = run.may if self._fail_open else run.must
        tone = await ask_gate("sentiment", self._ask(run, "sentiment", article))
        parts = {} if tone and tone.rejected else await self._broadcast(run, article)
        about = {"missing": run.missing, "ms": run.ms, "cached": run.cached}
        return combine(article, term=term, tone=tone, **parts, **about)

    async def _broadcast(self, run: Run, article: Article) -> dict[str, Any]:
        """Both branches at once; one that fails is told of in `run.missing`."""
        summary, entities = await asyncio.gather(
            run.may("summarizer", self._ask(run, "summarizer", article)),
            run.may("entities", self._ask(run, "entities", article)),
        )
        return {"summary": summary, "entities": entities}

    def _ask(self, run: Run, stage: str, article: Article) -> Callable[[], Awaitable[Any]]:
        key = stage, article.url, article.revision
        run.cached &= key in self._memory
        return lambda: self._memory.get(key, lambda: getattr(self._stages, stage)(article))
