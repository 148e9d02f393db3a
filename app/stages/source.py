"""The source: search term -> Article."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from app.config import settings
from app.core import languages
from app.core.single_flight import SingleFlightCache
from app.core.values import Article
from app.sources.base import ArticleFinder
from app.sources.titles import key

T = TypeVar("T")


class SourceStage:
    """Runs a finder in a thread pool, with one search for a term at a time, and a cache."""

    def __init__(self, finder: ArticleFinder, wanted: settings.SourceSettings) -> None:
        self._finder = finder
        self._threads = ThreadPoolExecutor(wanted.max_concurrent, thread_name_prefix="source")
        self._articles: SingleFlightCache[str, Article] = SingleFlightCache(
            wanted.cache_size, wanted.cache_ttl_s
        )
        self._titles: SingleFlightCache[str, tuple[str, ...]] = SingleFlightCache(
            wanted.cache_size, wanted.cache_ttl_s
        )

    def close(self) -> None:
        """Cancel the queued searches, and close the finder."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._finder.close()

    async def __call__(self, term: str) -> Article:
        """The article that matches `term` best.

        Raises:
            NoArticle: no article matches.
            SourceFailed: the source failed or timed out.
        """
        return await self._articles.get(key(term), lambda: self._ask(self._finder.find, term))

    async def suggest(self, start: str) -> tuple[str, ...]:
        """Titles that begin with `start`; some titles if it is empty.

        Raises:
            SourceFailed: the source failed or timed out.
        """
        return await self._titles.get(key(start), lambda: self._ask(self._finder.suggest, start))

    async def _ask(self, ask: Callable[[str], T], term: str) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, ask, term)


def load(wanted: settings.SourceSettings) -> SourceStage:
    """The source in the settings, with all that it needs to answer at once.

    Raises:
        ConfigError: the folder holds no articles.
    """
    languages.identifier()
    if isinstance(wanted, settings.CorpusSettings):
        from app.sources.corpus import Corpus  # noqa: PLC0415 - import one source only

        return SourceStage(Corpus(wanted), wanted)
    from app.sources.wikipedia import Wikipedia  # noqa: PLC0415 - likewise

    return SourceStage(Wikipedia(wanted), wanted)
