"""The source: search term -> Article."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from typing import TypeVar

from app.config import settings
from app.core.errors import NoArticle
from app.core.single_flight import SingleFlightCache
from app.core.tracing import OFF, Tracer
from app.core.turns import CLIENT, Turns
from app.core.values import Article
from app.metrics import caches
from app.metrics.kinds import SILENT, Recorder, declare
from app.metrics.table import (
    ARTICLE_CHARACTERS,
    COMPUTE_SECONDS,
    FAILURES,
    QUEUE_SECONDS,
    STAGE_ARTICLES,
)
from app.sources.base import SUGGESTIONS_AT_ONCE, ArticleFinder
from app.sources.titles import key

T = TypeVar("T")


class _Threads:
    """Threads for blocking calls, which clients share."""

    def __init__(self, number: int, name: str) -> None:
        self._threads = ThreadPoolExecutor(number, name)
        self._turns = Turns(number)

    def close(self) -> None:
        """Cancel what is queued."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def call(self, function: Callable[[], T], client: str) -> T:
        """The result of a call, once `client` has its turn."""
        await self._turns.take(client)
        loop = asyncio.get_running_loop()
        job = self._threads.submit(copy_context().run, function)  # with the current span

        def end(_: Future[T]) -> None:  # not before: a call goes on if nobody waits for it
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(self._turns.give_back, client)

        job.add_done_callback(end)
        return await asyncio.wrap_future(job)


class SourceStage:
    """Runs a finder in threads: searches in some, suggestions, which are cached, in others."""

    def __init__(
        self,
        finder: ArticleFinder,
        wanted: settings.SourceSettings,
        recorder: Recorder = SILENT,
        tracer: Tracer = OFF,
    ) -> None:
        self._finder = finder
        self._recorder = recorder
        self._tracer = tracer
        self._searching = 0
        self._searches = _Threads(wanted.max_concurrent, "source")
        self._suggestions = _Threads(SUGGESTIONS_AT_ONCE, "suggestions")
        self._titles: SingleFlightCache[str, tuple[str, ...]] = SingleFlightCache(
            wanted.cache_size, wanted.cache_ttl_s, context=tracer.context
        )
        caches.watch(recorder, titles=self._titles)
        declare(recorder, FAILURES, ("source",))
        recorder.watch(STAGE_ARTICLES, lambda: self._searching, "source")

    def close(self) -> None:
        """Cancel what is queued, and close the finder."""
        self._searches.close()
        self._suggestions.close()
        self._finder.close()

    def __call__(self, term: str) -> Awaitable[Article]:
        """The article that matches `term` best, for the client of this context.

        Raises:
            NoArticle: no article matches.
            SourceFailed: the source failed or timed out.
        """
        return self._search(term, CLIENT.get())

    async def _search(self, term: str, client: str) -> Article:
        search = partial(self._find, term, since=time.perf_counter())
        self._searching += 1
        try:
            return await self._searches.call(search, client)
        finally:
            self._searching -= 1

    def _find(self, term: str, since: float) -> Article:
        """The article, found in this thread; `since` is when the search was queued."""
        started = time.perf_counter()
        self._recorder.observe(QUEUE_SECONDS, started - since, "source")
        try:
            with self._tracer.span("source search"):
                article = self._finder.find(term)
        except NoArticle:
            raise
        except Exception:
            self._recorder.add(FAILURES, "source")
            raise
        finally:
            self._recorder.observe(COMPUTE_SECONDS, time.perf_counter() - started, "source")
        self._recorder.observe(ARTICLE_CHARACTERS, len(article.text))
        return article

    async def suggest(self, start: str) -> tuple[str, ...]:
        """Titles that begin with `start`; some titles if it is empty.

        Raises:
            SourceFailed: the source failed or timed out.
        """
        client, threads = CLIENT.get(), self._suggestions
        suggest = partial(self._finder.suggest, start)
        return await self._titles.get(key(start), lambda: threads.call(suggest, client))


def load(
    wanted: settings.SourceSettings, recorder: Recorder = SILENT, tracer: Tracer = OFF
) -> SourceStage:
    """The source in the settings.

    Raises:
        ConfigError: the folder holds no articles.
    """
    if isinstance(wanted, settings.CorpusSettings):
        from app.sources.corpus import Corpus  # noqa: PLC0415 - import one source only

        return SourceStage(Corpus(wanted), wanted, recorder, tracer)
    from app.sources.wikipedia import Wikipedia  # noqa: PLC0415 - likewise

    wikipedia = Wikipedia(wanted, recorder=recorder, tracer=tracer)
    return SourceStage(wikipedia, wanted, recorder, tracer)
