"""The order of the calls: source, sentiment, then all branches at the same time."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from app.config.settings import Settings
from app.core.single_flight import SingleFlightCache
from app.core.stage_calls import StageCalls, StageListener, ignore
from app.core.values import Article, BranchResult, Digest, StageResult, Tone
from app.stages.registry import GATE, STAGES

Version = tuple[str, str | None]  # the URL and the revision of an article
Results = dict[str, StageResult | None]  # by their field of a digest


class Stages(NamedTuple):
    """What the driver calls: deployment handles, plain methods, or fakes."""

    source: Callable[[str], Awaitable[Article]]
    sentiment: Callable[[Article], Awaitable[Tone]]
    branches: Mapping[str, Callable[[Article], Awaitable[BranchResult]]]
    """by the name of the stage"""


class Driver:
    """Makes digests. Each stage's result for an article is shared by callers, and cached."""

    def __init__(self, stages: Stages, settings: Settings) -> None:
        size, ttl_s = settings.digest.cache_size, settings.digest.cache_ttl_s
        self._stages = stages
        self._deadline_s = settings.digest.deadline_s
        self._fail_open = settings.sentiment.fail_open
        self._tones = SingleFlightCache[Version, Tone](size, ttl_s)
        size_of_all = size * len(stages.branches)
        self._results = SingleFlightCache[tuple[str, Version], BranchResult](size_of_all, ttl_s)

    async def digest(
        self, term: str, listener: StageListener = ignore, deadline: float | None = None
    ) -> Digest:
        """The digest of the first article that matches `term`; `listener` is called per stage.

        Raises:
            DigestError: no article matches, the gate failed, or the time is up: at `deadline` (of
                the loop's clock), or after `digest.deadline_s` if that is earlier.
        """
        latest = asyncio.get_running_loop().time() + self._deadline_s
        calls = StageCalls(latest if deadline is None else min(latest, deadline), listener)
        article = await calls.require("source", lambda: self._stages.source(term))
        tone = await self._check_tone(calls, article)
        results = {} if tone and tone.rejected else await self._broadcast(calls, article)
        return calls.digest(article, term=term, tone=tone, **results)

    async def _check_tone(self, calls: StageCalls, article: Article) -> Tone | None:
        key = article.url, article.revision
        calls.cached &= key in self._tones
        call = calls.attempt if self._fail_open else calls.require
        run = self._stages.sentiment
        return await call(GATE.name, lambda: self._tones.get(key, lambda: run(article)))

    async def _broadcast(self, calls: StageCalls, article: Article) -> Results:
        """The results of all branches; `calls.missing` names those without one."""
        names = self._stages.branches
        results = await asyncio.gather(*(self._run(calls, name, article) for name in names))
        return {STAGES[name].field: result for name, result in zip(names, results, strict=True)}

    async def _run(self, calls: StageCalls, stage: str, article: Article) -> StageResult | None:
        key = stage, (article.url, article.revision)
        calls.cached &= key in self._results
        run = self._stages.branches[stage]
        return await calls.attempt(stage, lambda: self._results.get(key, lambda: run(article)))
