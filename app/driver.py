"""The order of the calls: source, sentiment, then all branches at the same time."""

import asyncio

from app.config.settings import Settings
from app.core.ahead import Ahead
from app.core.stage_caches import Cached, StageCaches, version_of
from app.core.stage_calls import StageCalls, StageListener, ignore
from app.core.tracing import OFF, Tracer
from app.core.values import Article, BranchResult, Digest, StageResult, Tone
from app.sources.titles import key
from app.stages.base import Branch, Branches, Stages
from app.stages.registry import GATE, STAGES


class Driver:
    """Makes digests. What each stage returns is shared by callers, and cached."""

    def __init__(self, stages: Stages, settings: Settings, tracer: Tracer = OFF) -> None:
        self._stages, self._settings, self._tracer = stages, settings, tracer
        self._ahead = Ahead[Article, BranchResult](wanted=settings.digest.speculative)
        names = (GATE.name, *stages.branches)
        self.caches = StageCaches(names, settings.source, settings.digest, tracer.context)
        branches = stages.branches.items()
        self._branches = {name: self.caches.remembered(name, run) for name, run in branches}

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
        async with self._ahead.begin(self._branches, article) as branches:
            tone = await self._check_tone(calls, article)
            wanted = {} if tone and tone.rejected else branches
            results = await self._fan_out(calls, article, wanted)
        return calls.digest(article, term=term, tone=tone, **results)

    async def _check_tone(self, calls: StageCalls, article: Article) -> Tone | None:
        cache, run, version = self.caches.tones, self._stages.sentiment, version_of(article)
        calls.cached &= version in cache
        call = calls.attempt if self._settings.sentiment.fail_open else calls.require
        return await call(GATE.name, lambda: cache.get(version, lambda: run(article)))

    async def _fan_out(
        self, calls: StageCalls, article: Article, branches: Branches
    ) -> dict[str, StageResult | None]:
        """The results by field of the digest; `calls.missing` names the branches without one."""
        runs = [self._run(calls, name, article, run) for name, run in branches.items()]
        found = await asyncio.gather(*runs)
        return {STAGES[name].field: one for name, one in zip(branches, found, strict=True)}

    async def _run(
        self, calls: StageCalls, stage: str, article: Article, run: Branch
    ) -> StageResult | None:
        calls.cached &= (stage, version_of(article)) in self.caches.results
        return await calls.attempt(stage, lambda: run(article))
