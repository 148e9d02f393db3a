"""The caches of what the stages return: articles by term, results by version of an article."""

import time
from collections.abc import Awaitable, Callable
from contextvars import Context
from typing import NamedTuple, Protocol, TypeVar

from app.core.single_flight import SingleFlightCache
from app.core.values import Article, BranchResult, Tone

K = TypeVar("K")
V = TypeVar("V")
Version = tuple[str, str | None]  # the URL and the revision of an article
NewContext = Callable[[], Context]
EMPTY: NewContext = Context


class Bounds(Protocol):
    """The settings of a cache."""

    @property
    def cache_size(self) -> int:
        """Entries at most."""

    @property
    def cache_ttl_s(self) -> float:
        """Seconds that an entry is kept."""


class Cached(NamedTuple):
    """All parts of a digest. `ms` has the milliseconds of each lookup, by stage."""

    article: Article
    tone: Tone
    results: dict[str, BranchResult]
    """by stage; empty if the article is rejected"""
    ms: dict[str, float]


class StageCaches:
    """Three caches, each of which shares computations in progress.

    `stages`: the names of the gate and of the branches. `terms` bounds the articles by term,
    `digests` the tones, and the results of each branch. `context` makes those of computations.
    """

    def __init__(
        self,
        stages: tuple[str, ...],
        terms: Bounds,
        digests: Bounds,
        context: NewContext = EMPTY,
    ) -> None:
        self._gate, *self._branches = stages
        size, ttl_s = digests.cache_size, digests.cache_ttl_s
        self.articles = SingleFlightCache[str, Article](
            terms.cache_size, terms.cache_ttl_s, context=context
        )
        self.tones = SingleFlightCache[Version, Tone](size, ttl_s, context=context)
        self.results = SingleFlightCache[tuple[str, Version], BranchResult](
            size * len(self._branches), ttl_s, context=context
        )

    def remembered(
        self, branch: str, run: Callable[[Article], Awaitable[BranchResult]]
    ) -> Callable[[Article], Awaitable[BranchResult]]:
        """The same call of a branch, whose results are shared and cached."""
        get = self.results.get
        return lambda article: get((branch, version_of(article)), lambda: run(article))

    def find(self, term: str) -> Cached | None:
        """All parts of the digest for `term`, a key of `articles`; None if any is not cached."""
        ms: dict[str, float] = {}
        article = _timed(self.articles, term, "source", ms)
        if article is None:
            return None
        version = version_of(article)
        tone = _timed(self.tones, version, self._gate, ms)
        if tone is None:
            return None
        results: dict[str, BranchResult] = {}
        for stage in () if tone.rejected else self._branches:
            result = _timed(self.results, (stage, version), stage, ms)
            if result is None:
                return None
            results[stage] = result
        return Cached(article, tone, results, ms)

    def use(self, parts: Cached) -> None:
        """Count the lookups of an answer from these parts."""
        self.articles.hits += 1
        self.tones.hits += 1
        self.results.hits += len(parts.results)


def version_of(article: Article) -> Version:
    """The key of an article's results."""
    return article.url, article.revision


def ms_since(started: float) -> float:
    """Milliseconds since a time of `time.perf_counter`, to a microsecond."""
    return round((time.perf_counter() - started) * 1000, 3)


def _timed(cache: SingleFlightCache[K, V], key: K, stage: str, ms: dict[str, float]) -> V | None:
    started = time.perf_counter()
    value = cache.peek(key)
    ms[stage] = ms_since(started)
    return value
