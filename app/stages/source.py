"""The source: a search term in, the article that answers it out."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from app.config import settings
from app.core.single_flight import SingleFlightCache
from app.core.values import Article
from app.sources.base import ArticleFinder
from app.sources.titles import key

T = TypeVar("T")


class SourceStage:
    """Asks a finder in threads of its own; remembers its answers, and shares what is under way."""

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
        """Drop the searches that wait for a thread, and close the finder."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._finder.close()

    async def __call__(self, term: str) -> Article:
        """The article that answers `term`.

        Raises:
            NoArticle: there is none.
            SourceFailed: the finder could not tell.
        """
        return await self._articles.get(key(term), lambda: self._ask(self._finder.find, term))

    async def suggest(self, start: str) -> tuple[str, ...]:
        """Titles that begin so; some to begin with, where `start` is empty.

        Raises:
            SourceFailed: the finder could not tell.
        """
        return await self._titles.get(key(start), lambda: self._ask(self._finder.suggest, start))

    async def _ask(self, ask: Callable[[str], T], term: str) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, ask, term)


def load(wanted: settings.SourceSettings) -> SourceStage:
    """The source that the settings name.

    Raises:
        ConfigError: it is a folder that holds no articles.
    """
    if isinstance(wanted, settings.CorpusSettings):
        from app.sources.corpus import Corpus  # noqa: PLC0415 - only the one that is asked for

        return SourceStage(Corpus(wanted), wanted)
    from app.sources.wikipedia import Wikipedia  # noqa: PLC0415 - likewise

    return SourceStage(Wikipedia(wanted), wanted)
