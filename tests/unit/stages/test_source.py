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
    """Finds an article of every title but those in `errors`; waits for `gate`, and counts."""

    def __init__(self, **errors: Exception) -> None:
        self.errors = errors
        self.terms: list[str] = []
        self.threads: set[threading.Thread] = set()
        self.gate = threading.Event()
        self.gate.set()
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
        assert self.gate.wait(5)
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


Making = Callable[..., SourceStage]


@pytest.fixture
async def source() -> AsyncIterator[Making]:
    """Makes sources of finders, which are closed in the end."""
    made: list[SourceStage] = []

    def make(finder: ArticleFinder, **wanted: float) -> SourceStage:
        made.append(SourceStage(finder, CorpusSettings.model_validate(wanted)))
        return made[-1]

    yield make
    for one in made:
        one.close()


async def begun(finder: ArticleFinder, searches: int = 1) -> None:
    """So many searches are under way."""
    for _ in range(searches):
        assert await asyncio.to_thread(finder.begun.acquire, timeout=5)


async def test_the_article_of_the_finder_is_given_on(source: Making) -> None:
    """As it is."""
    assert article("Ada") == await source(ArticleFinder())("Ada")


async def test_the_finder_blocks_a_thread_and_not_the_loop(source: Making) -> None:
    """Others are served while it waits for its wiki."""
    finder = ArticleFinder()
    finder.gate.clear()
    asked = asyncio.create_task(with_timeout(source(finder)("Ada")))
    await begun(finder)
    finder.gate.set()
    assert (await asked).title == "Ada"
    assert all(thread.name.startswith("source") for thread in finder.threads)


async def test_no_more_searches_run_at_once_than_are_allowed(source: Making) -> None:
    """The rest waits."""
    finder = ArticleFinder()
    finder.gate.clear()
    two = source(finder, max_concurrent=2)
    asked = asyncio.gather(*(with_timeout(two(f"term {n}")) for n in range(6)))
    await begun(finder, 2)
    finder.gate.set()
    assert len(await asked) == 6
    assert finder.most_at_once == 2


async def test_who_asks_for_the_same_at_the_same_time_shares_a_search(source: Making) -> None:
    """However they type it."""
    finder = ArticleFinder()
    finder.gate.clear()
    shared = source(finder)
    asked = asyncio.gather(*(with_timeout(shared(term)) for term in ("Ada", "ada", "  ADA ")))
    await begun(finder)
    finder.gate.set()
    assert await asked == [article("Ada")] * 3
    assert finder.terms == ["Ada"]


async def test_an_article_is_remembered(source: Making) -> None:
    """For the next who asks."""
    finder = ArticleFinder()
    remembering = source(finder)
    await remembering("Ada")
    await remembering("ADA")
    assert finder.terms == ["Ada"]


async def test_accents_make_another_term(source: Making) -> None:
    """A wiki may answer it otherwise."""
    finder = ArticleFinder()
    remembering = source(finder)
    await remembering("Bolívar")
    await remembering("Bolivar")
    assert finder.terms == ["Bolívar", "Bolivar"]


async def test_without_a_memory_each_search_is_made(source: Making) -> None:
    """As the settings want it."""
    finder = ArticleFinder()
    forgetful = source(finder, cache_size=0)
    await forgetful("Ada")
    await forgetful("Ada")
    assert finder.terms == ["Ada", "Ada"]


async def test_suggestions_are_remembered(source: Making) -> None:
    """Beside the articles, which they are not taken for."""
    finder = ArticleFinder()
    remembering = source(finder)
    assert [await remembering.suggest(start) for start in ("Ada", "ADA")] == [("Ada...",)] * 2
    assert (await remembering("Ada")).title == "Ada"
    assert finder.terms == ["Ada", "Ada"]


@pytest.mark.parametrize("error", [NoArticle("none", ("Ada",)), SourceFailed("no")])
async def test_a_failure_is_raised_and_not_remembered(source: Making, error: Exception) -> None:
    """It may pass."""
    finder = ArticleFinder(Ada=error)
    failing = source(finder)
    for _ in range(2):
        with pytest.raises(type(error)) as caught:
            await failing("Ada")
        assert caught.value.args == error.args
    assert finder.terms == ["Ada", "Ada"]


async def test_closing_closes_the_finder() -> None:
    """And lets its threads go."""
    finder = ArticleFinder()
    closed = SourceStage(finder, CorpusSettings())
    await closed("Ada")
    closed.close()
    assert finder.closed
    for thread in finder.threads:
        await asyncio.to_thread(thread.join, 5)
    assert not any(thread.is_alive() for thread in finder.threads)


async def test_the_articles_that_come_along_are_the_default() -> None:
    """No network is needed."""
    loaded = load(CorpusSettings())
    assert (await loaded("ada lovelace")).title == "Ada Lovelace"
    loaded.close()


async def test_a_wiki_is_asked_where_the_settings_say_so() -> None:
    """Once for a term."""
    with FaultyWiki(TinyWiki()) as wiki:
        loaded = load(WikipediaSettings.model_validate({"kind": "wikipedia", "api_url": wiki.url}))
        found = [await loaded("Simón Bolívar") for _ in range(2)]
        loaded.close()
    assert [one.title for one in found] == ["Simón Bolívar"] * 2
    assert wiki.lists("search") == 1


def test_a_folder_that_is_not_there_is_refused_at_once() -> None:
    """When the source is made, not when it is asked."""
    with pytest.raises(ConfigError):
        load(CorpusSettings.model_validate({"folder": "/nowhere"}))
