import asyncio
import threading
from collections.abc import AsyncIterator, Callable

import pytest

from app.config.settings import CorpusSettings, WikipediaSettings
from app.core.errors import ConfigError, NoArticle, SourceFailed
from app.core.values import Article
from app.stages.source import SourceStage, load
from tests.support.fakes import article, with_timeout
from tests.support.faulty_wiki import FaultyWiki
from tests.support.tiny_wiki import TinyWiki


class ArticleFinder:
    """Blocks until `may_answer` is set; then finds any title, or raises its entry in `errors`."""

    def __init__(self, **errors: Exception) -> None:
        self.errors = errors
        self.terms: list[str] = []
        self.threads: set[threading.Thread] = set()
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.begun = threading.Semaphore(0)
        self.at_once = 0
        self.most_at_once = 0
        self.closed = False
        self._lock = threading.Lock()

    def find(self, term: str) -> Article:
        with self._lock:
            self.terms.append(term)
            self.threads.add(threading.current_thread())
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        self.begun.release()
        assert self.may_answer.wait(5)
        with self._lock:
            self.at_once -= 1
        if term in self.errors:
            raise self.errors[term]
        return article(term)

    def suggest(self, start: str) -> tuple[str, ...]:
        self.terms.append(start)
        return (f"{start}...",)

    def close(self) -> None:
        self.closed = True


MakeSource = Callable[..., SourceStage]


@pytest.fixture
async def make_source() -> AsyncIterator[MakeSource]:
    """Make source stages, which are closed after the test."""
    made: list[SourceStage] = []

    def make(finder: ArticleFinder, **wanted: float) -> SourceStage:
        made.append(SourceStage(finder, CorpusSettings.model_validate(wanted)))
        return made[-1]

    yield make
    for one in made:
        one.close()


async def wait_for_searches(finder: ArticleFinder, searches: int = 1) -> None:
    for _ in range(searches):
        assert await asyncio.to_thread(finder.begun.acquire, timeout=5)


async def test_the_finders_article_is_returned(make_source: MakeSource) -> None:
    assert article("Ada") == await make_source(ArticleFinder())("Ada")


async def test_the_finder_runs_in_a_thread(make_source: MakeSource) -> None:
    finder = ArticleFinder()
    finder.may_answer.clear()
    answers = asyncio.create_task(with_timeout(make_source(finder)("Ada")))
    await wait_for_searches(finder)
    finder.may_answer.set()
    assert (await answers).title == "Ada"
    assert all(thread.name.startswith("source") for thread in finder.threads)


async def test_max_concurrent_limits_concurrent_searches(make_source: MakeSource) -> None:
    finder = ArticleFinder()
    finder.may_answer.clear()
    source = make_source(finder, max_concurrent=2)
    answers = asyncio.gather(*(with_timeout(source(f"term {n}")) for n in range(6)))
    await wait_for_searches(finder, 2)
    finder.may_answer.set()
    assert len(await answers) == 6
    assert finder.most_at_once == 2


async def test_concurrent_searches_that_differ_only_in_case_and_space_are_shared(
    make_source: MakeSource,
) -> None:
    finder = ArticleFinder()
    finder.may_answer.clear()
    source = make_source(finder)
    answers = asyncio.gather(*(with_timeout(source(term)) for term in ("Ada", "ada", "  ADA ")))
    await wait_for_searches(finder)
    finder.may_answer.set()
    assert await answers == [article("Ada")] * 3
    assert finder.terms == ["Ada"]


async def test_an_article_is_cached(make_source: MakeSource) -> None:
    finder = ArticleFinder()
    source = make_source(finder)
    await source("Ada")
    await source("ADA")
    assert finder.terms == ["Ada"]


async def test_terms_that_differ_in_accents_are_cached_apart(make_source: MakeSource) -> None:
    finder = ArticleFinder()
    source = make_source(finder)
    await source("Bolívar")
    await source("Bolivar")
    assert finder.terms == ["Bolívar", "Bolivar"]


async def test_a_cache_of_size_0_caches_nothing(make_source: MakeSource) -> None:
    finder = ArticleFinder()
    source = make_source(finder, cache_size=0)
    await source("Ada")
    await source("Ada")
    assert finder.terms == ["Ada", "Ada"]


async def test_suggestions_are_cached_apart_from_articles(make_source: MakeSource) -> None:
    finder = ArticleFinder()
    source = make_source(finder)
    assert [await source.suggest(start) for start in ("Ada", "ADA")] == [("Ada...",)] * 2
    assert (await source("Ada")).title == "Ada"
    assert finder.terms == ["Ada", "Ada"]


@pytest.mark.parametrize("error", [NoArticle("none", ("Ada",)), SourceFailed("no")])
async def test_a_failure_is_raised_and_not_cached(
    make_source: MakeSource, error: Exception
) -> None:
    finder = ArticleFinder(Ada=error)
    source = make_source(finder)
    for _ in range(2):
        with pytest.raises(type(error)) as caught:
            await source("Ada")
        assert caught.value.args == error.args
    assert finder.terms == ["Ada", "Ada"]


async def test_closing_closes_the_finder_and_its_threads() -> None:
    finder = ArticleFinder()
    closed = SourceStage(finder, CorpusSettings())
    await closed("Ada")
    closed.close()
    assert finder.closed
    for thread in finder.threads:
        await asyncio.to_thread(thread.join, 5)
    assert not any(thread.is_alive() for thread in finder.threads)


async def test_the_bundled_corpus_is_the_default() -> None:
    loaded = load(CorpusSettings())
    assert (await loaded("ada lovelace")).title == "Ada Lovelace"
    loaded.close()


async def test_the_kind_wikipedia_searches_the_wiki_once_per_term() -> None:
    with FaultyWiki(TinyWiki()) as wiki:
        loaded = load(WikipediaSettings.model_validate({"kind": "wikipedia", "api_url": wiki.url}))
        found = [await loaded("Simón Bolívar") for _ in range(2)]
        loaded.close()
    assert [one.title for one in found] == ["Simón Bolívar"] * 2
    assert wiki.lists("search") == 1


def test_a_missing_folder_is_rejected_at_load() -> None:
    with pytest.raises(ConfigError):
        load(CorpusSettings.model_validate({"folder": "/nowhere"}))
