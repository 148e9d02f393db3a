"""The order of the calls: source, sentiment, then all branches at the same time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import NamedTuple, TypeAlias

from app.config.settings import Settings
from app.core.stage_caches import Cached, StageCaches, version_of
from app.core.stage_calls import StageCalls, StageListener, ignore
from app.core.tracing import OFF, Tracer
from app.core.values import Article, BranchResult, Digest, StageResult, Tone
from app.sources.titles import key
from app.stages.registry import GATE, STAGES

Branch: TypeAlias = asyncio.Task[BranchResult]


class Stages(NamedTuple):
    """What the driver calls: deployment handles, plain methods, or fakes."""

    source: Callable[[str], Awaitable[Article]]
    sentiment: Callable[[Article], Awaitable[Tone]]
    branches: Mapping[str, Callable[[Article], Awaitable[BranchResult]]]
    """by the name of the stage"""


class Driver:
    """Makes digests. What each stage returns is shared by callers, and cached."""

    def __init__(self, stages: Stages, settings: Settings, tracer: Tracer = OFF) -> None:
        self._stages, self._settings, self._tracer = stages, settings, tracer
        self._busy = 0
        names = (GATE.name, *stages.branches)
        self.caches = StageCaches(names, settings.source, settings.digest, tracer.context)

    def cached(self, term: str) -> Cached | None:
        """All parts of the digest of `term`, if no stage need be called."""
        return self.caches.find(key(term))

    def combine(self, term: str, parts: Cached) -> Digest:
        """The digest of `term` from cached parts."""
        self.caches.use(parts)
        calls = StageCalls(0, ignore, parts.ms)
        results = {STAGES[name].field: calls.accept(name, r) for name, r in parts.results.items()}
        return calls.digest(parts.article, term=term, tone=parts.tone, **results)

    async def digest(
        self, term: str, listener: StageListener = ignore, deadline: float = float("inf")
    ) -> Digest:
        """The digest of the first article that matches `term`; `listener` is called per stage.

        Raises:
            DigestError: no article matches, the gate failed, or the time is up: at `deadline` (of
                the loop's clock), or after `digest.deadline_s` if that is earlier.
        """
        if listener is ignore and (parts := self.cached(term)):
            return self.combine(term, parts)
        latest = asyncio.get_running_loop().time() + self._settings.digest.deadline_s
        calls = StageCalls(min(latest, deadline), listener, tracer=self._tracer)
        find, cache = self._stages.source, self.caches.articles
        article = await calls.require("source", lambda: cache.get(key(term), lambda: find(term)))
        async with self._ahead(article) as begun:
            tone = await self._check_tone(calls, article)
            rejected = tone and tone.rejected
            results = {} if rejected else await self._fan_out(calls, article, begun)
        return calls.digest(article, term=term, tone=tone, **results)

    @asynccontextmanager
    async def _ahead(self, article: Article) -> AsyncIterator[Mapping[str, Branch]]:
        """Begin the branches already, if that is wanted and there is no other request.

        Those that nobody has waited for are cancelled at the end of the block.
        """
        may_begin = self._settings.digest.speculative and not self._busy
        wanted = self._stages.branches if may_begin else ()
        begun = {stage: asyncio.create_task(self._result(stage, article)) for stage in wanted}
        self._busy += 1
        try:
            yield begun
        finally:
            self._busy -= 1
            for task in begun.values():
                task.cancel()
            await asyncio.gather(*begun.values(), return_exceptions=True)

    async def _check_tone(self, calls: StageCalls, article: Article) -> Tone | None:
        cache, run, version = self.caches.tones, self._stages.sentiment, version_of(article)
        calls.cached &= version in cache
        call = calls.attempt if self._settings.sentiment.fail_open else calls.require
        return await call(GATE.name, lambda: cache.get(version, lambda: run(article)))

    async def _fan_out(
        self, calls: StageCalls, article: Article, begun: Mapping[str, Branch]
    ) -> dict[str, StageResult | None]:
        """All results by field of the digest; `calls.missing` names the branches without one."""
        names = self._stages.branches
        results = await asyncio.gather(
            *(self._run(calls, name, article, begun.get(name)) for name in names)
        )
        return {STAGES[name].field: result for name, result in zip(names, results, strict=True)}

    async def _run(
        self, calls: StageCalls, stage: str, article: Article, begun: Branch | None
    ) -> StageResult | None:
        calls.cached &= (stage, version_of(article)) in self.caches.results
        return await calls.attempt(stage, lambda: begun or self._result(stage, article))

    async def _result(self, stage: str, article: Article) -> BranchResult:
        cache, run = self.caches.results, self._stages.branches[stage]
        return await cache.get((stage, version_of(article)), lambda: run(article))
