import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import pytest

from app.config.settings import CorpusSettings, WikipediaSettings
from app.core.errors import ConfigError, NoArticle, SourceFailed
from app.core.turns import CLIENT
from app.core.values import Article
from app.metrics.table import (
    ARTICLE_CHARACTERS,
    COMPUTE_SECONDS,
    FAILURES,
    LOOKUPS,
    QUEUE_SECONDS,
    STAGE_ARTICLES,
)
from app.stages.source import SourceStage, load
from tests.support.fake_recorder import FakeRecorder
from tests.support.fakes import article, with_timeout
from tests.support.faulty_wiki import FaultyWiki
from tests.support.recorded_traces import RecordedTraces
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
        assert self.may_answer.wait(60)
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


async def ask(source: SourceStage, client: str, term: str) -> Article:
    """The article that a client gets."""
    CLIENT.set(client)
    return await with_timeout(source(term))


async def wait_for_searches(finder: ArticleFinder, searches: int = 1) -> None:
    for _ in range(searches):
        assert await asyncio.to_thread(finder.begun.acquire, timeout=60)


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
    answers = asyncio.gather(*(ask(source, f"client {n}", f"term {n}") for n in range(6)))
    await wait_for_searches(finder, 2)
    finder.may_answer.set()
    assert len(await answers) == 6
    assert finder.most_at_once == 2


async def test_the_slow_searches_of_one_client_leave_threads_to_others(
    make_source: MakeSource,
) -> None:
    finder = ArticleFinder()
    finder.may_answer.clear()
    source = make_source(finder, max_concurrent=8)
    answers = asyncio.gather(*(ask(source, "a", f"term {n}") for n in range(30)))
    await wait_for_searches(finder, 7)
    other = asyncio.create_task(ask(source, "b", "other"))
    await wait_for_searches(finder, 1)
    assert finder.terms[7:] == ["other"]
    finder.may_answer.set()
    await asyncio.gather(answers, other)


async def test_a_search_that_nobody_waits_for_keeps_its_turn_until_it_ends(
    make_source: MakeSource,
) -> None:
    finder = ArticleFinder()
    finder.may_answer.clear()
    source = make_source(finder, max_concurrent=1)
    gone = asyncio.create_task(ask(source, "a", "gone"))
    await wait_for_searches(finder)
    gone.cancel()
    other = asyncio.create_task(ask(source, "b", "other"))
    await asyncio.wait([gone])
    assert finder.terms == ["gone"]
    finder.may_answer.set()
    assert (await other).title == "other"
    assert finder.most_at_once == 1


async def test_suggestions_do_not_wait_for_searches(make_source: MakeSource) -> None:
    finder = ArticleFinder()
    finder.may_answer.clear()
    source = make_source(finder, max_concurrent=1)
    answers = asyncio.gather(*(with_timeout(source(f"term {n}")) for n in range(2)))
    await wait_for_searches(finder, 1)
    assert await with_timeout(source.suggest("Ada")) == ("Ada...",)
    finder.may_answer.set()
    assert len(await answers) == 2


async def test_suggestions_are_cached(make_source: MakeSource) -> None:
    finder = ArticleFinder()
    source = make_source(finder)
    assert [await source.suggest(start) for start in ("Ada", "ada")] == [("Ada...",)] * 2
    assert finder.terms == ["Ada"]


async def test_a_cache_of_size_0_caches_no_suggestions(make_source: MakeSource) -> None:
    finder = ArticleFinder()
    source = make_source(finder, cache_size=0)
    await source.suggest("Ada")
    await source.suggest("Ada")
    assert finder.terms == ["Ada", "Ada"]


@pytest.mark.parametrize("error", [NoArticle("none", ("Ada",)), SourceFailed("no")])
async def test_a_failure_is_raised(make_source: MakeSource, error: Exception) -> None:
    with pytest.raises(type(error)) as caught:
        await make_source(ArticleFinder(Ada=error))("Ada")
    assert caught.value.args == error.args


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


async def test_the_kind_wikipedia_searches_a_wiki() -> None:
    with FaultyWiki(TinyWiki()) as wiki:
        loaded = load(WikipediaSettings.model_validate({"kind": "wikipedia", "api_url": wiki.url}))
        found = await loaded("Simón Bolívar")
        loaded.close()
    assert found.title == "Simón Bolívar"
    assert wiki.lists("search") == 1


def test_a_missing_folder_is_rejected_at_load() -> None:
    with pytest.raises(ConfigError):
        load(CorpusSettings.model_validate({"folder": "/nowhere"}))


async def test_a_search_is_measured_from_the_queue_to_its_article() -> None:
    recorder, finder = FakeRecorder(), ArticleFinder(broken=SourceFailed("no"))
    source = SourceStage(finder, CorpusSettings(), recorder)
    finder.may_answer.clear()
    searching = asyncio.create_task(with_timeout(source("Ada")))
    await wait_for_searches(finder)
    assert recorder.value(STAGE_ARTICLES, "source") == 1
    finder.may_answer.set()
    found = await searching
    assert recorder.value(STAGE_ARTICLES, "source") == 0
    assert recorder.observed(ARTICLE_CHARACTERS) == [len(found.text)]
    assert len(recorder.observed(QUEUE_SECONDS, "source")) == 1
    assert len(recorder.observed(COMPUTE_SECONDS, "source")) == 1
    source.close()


async def test_only_a_failure_of_the_source_is_counted_as_one() -> None:
    recorder = FakeRecorder()
    finder = ArticleFinder(broken=SourceFailed("no"), missing=NoArticle("none"))
    source = SourceStage(finder, CorpusSettings(), recorder)
    assert recorder.value(FAILURES, "source") == 0
    for term in ("broken", "missing", "Ada"):
        with suppress(SourceFailed, NoArticle):
            await source(term)
    assert recorder.value(FAILURES, "source") == 1
    assert len(recorder.observed(COMPUTE_SECONDS, "source")) == 3
    source.close()


async def test_cached_suggestions_are_hits() -> None:
    recorder = FakeRecorder()
    source = SourceStage(ArticleFinder(), CorpusSettings(), recorder)
    for start in ("Ada", "ada"):
        await source.suggest(start)
    assert recorder.value(LOOKUPS, "titles", "hit") == 1
    source.close()


async def test_a_search_is_a_span_that_waits_for_no_thread() -> None:
    traces, finder = RecordedTraces(), ArticleFinder()
    source = SourceStage(finder, CorpusSettings(), tracer=traces)
    with traces.begin("GET /", {}):
        await source("Ada Lovelace")
    source.close()
    assert traces.parent_of("source search") == "GET /"


async def test_requests_to_the_wiki_are_spans_of_the_search_and_of_suggestions() -> None:
    traces = RecordedTraces()
    with FaultyWiki(TinyWiki()) as server:
        settings = WikipediaSettings.model_validate({"kind": "wikipedia", "api_url": server.url})
        source = load(settings, tracer=traces)
        with traces.begin("search", {}):
            await source("Ada Lovelace")
        with traces.begin("suggest", {}):
            await source.suggest("ada")
        source.close()
    ids = {span.context.span_id: span.name for span in traces.spans if span.context}
    parents = [
        ids[span.parent.span_id]
        for span in traces.spans
        if span.name == "GET api.php" and span.parent
    ]
    assert set(parents) == {"source search", "suggest"}
    assert len(parents) == len(server.requests)
    assert not any("Ada" in span.to_json() for span in traces.spans)
