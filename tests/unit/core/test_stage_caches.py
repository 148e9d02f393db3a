from collections.abc import Awaitable, Callable
from typing import TypeVar

from app.config.settings import CorpusSettings, DigestSettings
from app.core.stage_caches import StageCaches, version_of
from app.core.values import BranchResult, Tone
from tests.support.fakes import DECLINED, ENTITIES, NEGATIVE_TONE, SUMMARY, TONE, article

T = TypeVar("T")
BOTH: dict[str, BranchResult] = {"summarizer": SUMMARY, "entities": ENTITIES}


def returning(value: T) -> Callable[[], Awaitable[T]]:
    async def make() -> T:
        return value

    return make


async def caches_with(
    tone: Tone | None = TONE, results: dict[str, BranchResult] | None = None
) -> StageCaches:
    """Caches that hold an article for `ada`, and these results."""
    caches = StageCaches(("sentiment", *BOTH), CorpusSettings(), DigestSettings())
    found, version = article(), version_of(article())
    await caches.articles.get("ada", returning(found))
    if tone is not None:
        await caches.tones.get(version, returning(tone))
    for stage, result in (BOTH if results is None else results).items():
        await caches.results.get((stage, version), returning(result))
    return caches


async def test_all_parts_of_a_digest_are_found() -> None:
    parts = (await caches_with()).find("ada")
    assert parts is not None
    assert parts[:3] == (article(), TONE, BOTH)


async def test_each_lookup_has_its_milliseconds_in_the_order_of_the_stages() -> None:
    parts = (await caches_with()).find("ada")
    assert parts is not None
    assert list(parts.ms) == ["source", "sentiment", *BOTH]
    assert all(0 <= ms < 1000 for ms in parts.ms.values())


async def test_an_unknown_term_is_not_found() -> None:
    assert (await caches_with()).find("babbage") is None


async def test_without_one_of_the_results_nothing_is_found() -> None:
    assert (await caches_with(tone=None)).find("ada") is None
    assert (await caches_with(results={"summarizer": SUMMARY})).find("ada") is None


async def test_a_rejected_article_needs_no_other_results() -> None:
    parts = (await caches_with(NEGATIVE_TONE, {})).find("ada")
    assert parts is not None
    assert parts[:3] == (article(), NEGATIVE_TONE, {})
    assert list(parts.ms) == ["source", "sentiment"]


async def test_that_a_stage_declined_is_a_result() -> None:
    parts = (await caches_with(results=BOTH | {"entities": DECLINED})).find("ada")
    assert parts is not None
    assert parts.results["entities"] is DECLINED


async def test_an_answer_from_the_caches_is_a_hit_in_each() -> None:
    caches = await caches_with()
    found = caches.find("ada")
    assert found is not None
    caches.use(found)
    hits = [cache.hits for cache in (caches.articles, caches.tones, caches.results)]
    assert hits == [1, 1, 2]
