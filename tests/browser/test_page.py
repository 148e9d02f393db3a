"""The page in Chromium over real HTTP, with fake stages."""

import asyncio
import json
from collections.abc import AsyncIterator
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.async_api import expect

from app.api.about import Instruments, Overview
from app.core.errors import NoArticle, Overloaded, SourceFailed
from app.core.values import Entities, Entity, Summary
from app.metrics.report import report
from app.metrics.tally import Tally
from tests.browser.conftest import SAME_LOOP, Opening
from tests.browser.digest_page import DigestPage
from tests.support.fakes import (
    DECLINED,
    ENTITIES,
    NEGATIVE_TONE,
    READ,
    REFUSED_TONE,
    UNREAD,
    UNREAD_TONE,
    FakeStage,
    FakeStages,
    application,
    article,
)
from tests.support.site import serving

pytestmark = pytest.mark.asyncio(loop_scope="session")
MARKUP = "<img src=x onerror=alert(1)><script>alert(2)</script>"
BACKWARDS = "\u202e"


async def test_a_search_shows_the_whole_digest(page: DigestPage) -> None:
    await page.search("Ada Lovelace")
    await page.shows_title("Ada Lovelace")
    await page.shows(
        "Ada Lovelace wrote the first program.", "People (1)", "Neutral: −0.10", "Above 0.20"
    )
    await page.shows("From nobody, licence CC0 1.0")
    await page.announces("The digest of “Ada Lovelace” is ready.")
    licence = page.answer.get_by_role("link", name="CC0 1.0")
    await expect(licence).to_have_attribute("href", article().licence.url)


async def test_the_graph_shows_each_stage_as_it_runs_and_finishes(
    page: DigestPage, stages: FakeStages
) -> None:
    for stage in (stages.sentiment, stages.summarizer, stages.entities):
        stage.may_answer.clear()
    await page.search("Ada Lovelace")
    await page.shows_stages(source="done", sentiment="running", summarizer="waiting")
    await page.announces("Found “Ada Lovelace”. Next: check the tone …")
    stages.sentiment.may_answer.set()
    await page.shows_stages(sentiment="done", summarizer="running", entities="running")
    stages.entities.may_answer.set()
    await page.shows_stages(summarizer="running", entities="done")
    stages.summarizer.may_answer.set()
    await page.shows_stages(summarizer="done")
    await expect(page.tab.locator("[data-stage=summarizer]")).to_contain_text("ms")


async def test_a_rejected_article_shows_the_reason_and_the_skipped_stages(
    page: DigestPage, stages: FakeStages
) -> None:
    stages.sentiment.result = NEGATIVE_TONE
    await page.search("War")
    await page.shows_title("War")
    await page.shows("Rejected", "0.90 is above the limit of 0.20")
    await page.shows_stages(sentiment="done", summarizer="skipped", entities="skipped")
    await page.announces("“War” was rejected: its tone is negative.")


async def test_a_language_that_a_model_does_not_read_is_stated(
    page: DigestPage, stages: FakeStages
) -> None:
    stages.sentiment.result, stages.entities.result = UNREAD_TONE, DECLINED
    await page.search("Kyoto")
    await page.shows(f"Not judged: {UNREAD}.", f"Missing: entities. {UNREAD}.")
    await page.shows_stages(sentiment="done", summarizer="done", entities="skipped")
    assert await page.violations() == []


async def test_names_in_a_language_that_the_model_does_not_read_are_marked(
    page: DigestPage, stages: FakeStages
) -> None:
    stages.entities.result = ENTITIES.model_copy(update={"reason": UNREAD})
    await page.search("Kyoto")
    await page.shows(f"Unreliable names: {UNREAD}.", "People (1)")


async def test_an_article_that_is_refused_without_a_tone_shows_the_reason(
    page: DigestPage, stages: FakeStages
) -> None:
    stages.sentiment.result = REFUSED_TONE
    await page.search("Kyoto")
    await page.shows("Rejected: the tone of this article is not known.", f"{UNREAD}, so")
    await page.shows_stages(sentiment="done", summarizer="skipped", entities="skipped")
    await page.announces(f"“Kyoto” was rejected: {UNREAD}.")


async def test_no_article_shows_suggestions(page: DigestPage) -> None:
    await page.search("nothing")
    await page.shows_title("There is no article for “nothing”")
    await page.shows_stages(source="done", sentiment="skipped")
    await page.answer.get_by_role("link", name="Something").click()
    await page.shows_title("Something")


async def test_no_article_without_suggestions_shows_examples(
    opening: Opening,
) -> None:
    stages = FakeStages(FakeStage(NoArticle("nothing at all")))
    async with serving(application(stages)) as at:
        page = await opening(at)
        await page.search("zzz")
        await page.shows_title("There is no article for “zzz”")
        await expect(page.tab.get_by_role("link", name="Kyoto")).to_be_visible()


async def test_a_degraded_digest_shows_the_missing_part(
    page: DigestPage, stages: FakeStages
) -> None:
    stages.summarizer.result = ValueError("password: hunter2")
    await page.search("Ada Lovelace")
    await page.shows("Missing: summarizer.", "ValueError", "People (1)")
    await page.shows_stages(summarizer="failed", entities="done")
    await page.announces("The digest of “Ada Lovelace” is ready, but incomplete.")


@pytest.mark.parametrize(
    ("error", "sentences"),
    [
        (SourceFailed("the wiki hung up"), ("The source of articles failed", "the wiki hung up")),
        (Overloaded("256 are waiting"), ("Too many requests at once", "256 are waiting")),
        (ValueError("secret"), ("A stage of the digest failed", "source failed: ValueError")),
    ],
)
async def test_a_failure_is_shown_and_can_be_retried(
    opening: Opening, error: Exception, sentences: tuple[str, ...]
) -> None:
    source = FakeStage(error)
    async with serving(application(FakeStages(source))) as at:
        page = await opening(at, "/?term=Ada+Lovelace")
        await page.shows(*sentences)
        await page.shows_stages(source="failed", sentiment="skipped")
        source.result = article()
        await page.tab.get_by_role("button", name="Try again").click()
        await page.shows_title("Ada Lovelace")


async def test_a_503_before_the_stream_is_shown_and_can_be_retried(
    opening: Opening, stages: FakeStages
) -> None:
    stages.sentiment.may_answer.clear()
    async with serving(application(stages, max_concurrent=1)) as at:
        first = await opening(at, "/?term=Ada+Lovelace")
        await first.shows_stages(sentiment="running")
        second = await opening(at, "/?term=Kyoto")
        await second.shows("Too many requests at once")
        stages.sentiment.may_answer.set()
        await first.shows_title("Ada Lovelace")
        await second.tab.get_by_role("button", name="Try again").click()
        await second.shows_title("Kyoto")


@pytest.fixture
def keys_file(tmp_path: Path) -> Path:
    """A file with the key `secret`."""
    file = tmp_path / "keys"
    file.write_text(f"ann:{sha256(b'secret').hexdigest()}", "utf-8")
    return file


async def test_a_key_is_asked_for_where_one_is_needed(opening: Opening, keys_file: Path) -> None:
    async with serving(application(FakeStages(), api={"keys_file": keys_file})) as at:
        page = await opening(at, "/?term=Ada+Lovelace")
        for key in ("wrong", "secret"):
            await page.shows("A key is needed")
            await page.use_key(key)
        await page.shows_title("Ada Lovelace")
        await page.search("Kyoto")
        await page.shows_title("Kyoto")
        assert await page.violations() == []


def loaded(*uptimes_s: float) -> FastAPI:
    """An API of replicas that have been up so long, with one of 64 terms in progress each."""

    async def overview() -> Overview:
        empty = report(Tally(), "Digest", "a").model_copy(update={"in_progress": 1, "limit": 64})
        return Overview(tuple(empty.model_copy(update={"uptime_s": one}) for one in uptimes_s))

    return application(FakeStages(), instruments=Instruments(overview=overview))


@pytest.mark.parametrize(
    ("uptime_s", "told"), [(9.9, "9 s"), (120, "2 min"), (3 * 3600, "3 h"), (1e6, "11 d")]
)
async def test_the_footer_tells_the_load_of_all_replicas(
    opening: Opening, uptime_s: float, told: str
) -> None:
    async with serving(loaded(uptime_s, 1)) as at:
        page = await opening(at)
        sentence = f"Version {version('wiki-digest')}, up {told}, 2 of 128 terms in progress."
        await expect(page.load).to_have_text(sentence)
        await _has_no_violations(page)
        await page.tab.get_by_role("link", name="the status").click()
        await expect(page.tab.locator("body")).to_contain_text('"replicas":[')


async def test_the_footer_says_nothing_of_the_load_without_a_key(
    opening: Opening, keys_file: Path
) -> None:
    async with serving(application(FakeStages(), api={"keys_file": keys_file})) as at:
        page = await opening(at, "/?term=Kyoto")
        await page.shows("A key is needed")
        await page.tab.wait_for_load_state("networkidle")
        await expect(page.load).to_be_hidden()
        await page.use_key("secret")
        await expect(page.load).to_be_visible()


@pytest.mark.parametrize("link", ["as JSON", "the models"])
async def test_links_to_answers_send_the_key(opening: Opening, keys_file: Path, link: str) -> None:
    async with serving(application(FakeStages(), api={"keys_file": keys_file})) as at:
        page = await opening(at, "/?term=Kyoto")
        await page.use_key("secret")
        await page.shows_title("Kyoto")
        await page.tab.get_by_role("link", name=link).click()
        expected = '"title":"Kyoto"' if link == "as JSON" else '"models":['
        await expect(page.tab.locator("body")).to_contain_text(expected)
        await page.tab.go_back()
        await page.shows_title("Kyoto")


async def test_a_link_to_an_answer_says_that_the_server_is_gone(
    opening: Opening, keys_file: Path
) -> None:
    async with serving(application(FakeStages(), api={"keys_file": keys_file})) as at:
        page = await opening(at, "/?term=Kyoto")
        await page.use_key("secret")
        await page.shows_title("Kyoto")
    await page.tab.get_by_role("link", name="as JSON").click()
    await page.shows("The server cannot be reached")


async def test_the_page_of_the_api_is_reached_from_the_footer(page: DigestPage) -> None:
    await page.tab.get_by_role("link", name="the API").click()
    await expect(page.tab.get_by_role("heading", name="GET /v1/digest", exact=True)).to_be_visible()
    await _has_no_violations(page)
    await page.tab.get_by_role("link", name="Tone").first.click()
    await expect(page.tab.locator("#Tone")).to_be_in_viewport()


async def test_an_unreachable_server_is_reported(opening: Opening) -> None:
    async with serving(application(FakeStages())) as at:
        page = await opening(at)
    await page.search("Ada Lovelace")
    await page.shows("The server cannot be reached")
    await expect(page.tab.get_by_role("button", name="Try again")).to_be_visible()


async def test_a_stream_that_breaks_off_is_asked_for_once_more(page: DigestPage) -> None:
    begun = 'event: stage\ndata: {"stage": "source", "ms": 1}\n\n'
    sent = {"content_type": "text/event-stream", "body": begun}
    await page.tab.route("**/v1/digest/stream*", lambda route: route.fulfill(**sent), times=1)
    await page.search("Ada Lovelace")
    await page.shows_title("Ada Lovelace")


async def test_a_stream_that_breaks_off_as_the_server_stops_is_reported(
    opening: Opening,
) -> None:
    stages = FakeStages()
    stages.sentiment.may_answer.clear()
    async with serving(application(stages)) as at:
        page = await opening(at, "/?term=Ada+Lovelace")
        await page.shows_stages(sentiment="running")
    await page.shows("The server cannot be reached")


async def test_an_invalid_term_shows_the_servers_reason_without_a_retry(
    opening: Opening, address: str
) -> None:
    page = await opening(address, "/?term=" + "x" * 201)
    await page.shows("The search term is not valid", "at most 200 are allowed")
    await expect(page.tab.get_by_role("button", name="Try again")).to_have_count(0)


async def test_each_result_has_a_url_and_the_back_button_works(page: DigestPage) -> None:
    await page.search("Ada Lovelace")
    await page.shows_title("Ada Lovelace")
    await page.search("C++ & Java?")
    await page.shows_title("C++ & Java?")
    await expect(page.tab).to_have_title("C++ & Java? – wiki-digest")
    await page.tab.reload()
    await page.shows_title("C++ & Java?")
    await page.tab.go_back()
    await page.shows_title("Ada Lovelace")
    await expect(page.field).to_have_value("Ada Lovelace")
    await page.tab.go_back()
    await expect(page.answer).to_be_hidden()
    await expect(page.tab.get_by_role("link", name="Kyoto")).to_be_visible()


async def test_a_new_search_cancels_the_previous_one(page: DigestPage, stages: FakeStages) -> None:
    stages.sentiment.may_answer.clear()
    await page.search("Old")
    await page.shows_stages(sentiment="running")
    await page.search("nothing")
    await page.shows_title("There is no article for “nothing”")
    await stages.sentiment.ended.wait()
    assert stages.sentiment.cancelled == 1


async def test_examples_that_load_late_are_not_shown_below_an_answer(opening: Opening) -> None:
    requested, may_answer = asyncio.Event(), asyncio.Event()

    async def suggest(_: str) -> tuple[str, ...]:
        requested.set()
        await may_answer.wait()
        return ("Kyoto",)

    async with serving(application(FakeStages(), suggest=suggest)) as at:
        page = await opening(at)
        await requested.wait()
        await page.search("Ada Lovelace")
        await page.shows_title("Ada Lovelace")
        may_answer.set()
        await page.tab.wait_for_load_state("networkidle")
        await expect(page.tab.get_by_role("link", name="Kyoto")).to_have_count(0)


async def test_suggestions_can_be_chosen_with_arrow_keys_and_enter(page: DigestPage) -> None:
    await page.field.fill("ada")
    await expect(page.suggestions).to_have_text(["Ada Lovelace", "Ada Yonath"])
    await page.field.press("ArrowDown")
    await page.field.press("ArrowDown")
    await expect(page.suggestions.nth(1)).to_have_attribute("aria-selected", "true")
    await page.field.press("Enter")
    await page.shows_title("Ada Yonath")
    await expect(page.suggestions).to_have_count(0)


async def test_escape_closes_the_suggestions_and_keeps_the_typed_term(page: DigestPage) -> None:
    await page.field.press_sequentially("ada")
    await expect(page.suggestions).to_have_count(2)
    await page.field.press("Escape")
    await expect(page.suggestions).to_have_count(0)
    await expect(page.field).to_have_value("ada")
    await page.field.press("Enter")
    await page.shows_title("ada")


async def test_a_suggestion_can_be_clicked(page: DigestPage) -> None:
    await page.field.press_sequentially("kyo")
    await page.suggestions.first.click()
    await page.shows_title("Kyoto")


@SAME_LOOP
async def hostile() -> AsyncIterator[str]:
    """The URL of a server whose texts contain markup, and whose article URL runs a script."""
    title = f"{MARKUP}{BACKWARDS}"
    made = article(title).model_copy(update={"url": "javascript:alert(3)", "attribution": MARKUP})
    stages = FakeStages(FakeStage(made))
    stages.summarizer.result = Summary(text=MARKUP, method=MARKUP, read=READ)
    stages.entities.result = Entities(
        items=(Entity(text=MARKUP, type=MARKUP, score=0.5, count=2),), read=READ
    )

    async def suggest(_: str) -> tuple[str, ...]:
        return (MARKUP,)

    async with serving(application(stages, suggest=suggest)) as at:
        yield at


async def test_markup_in_results_is_shown_as_text(opening: Opening, hostile: str) -> None:
    page = await opening(hostile)
    await page.field.press_sequentially("<i")
    await expect(page.suggestions).to_have_text([MARKUP])
    await page.search(MARKUP)
    await page.shows_title(f"{MARKUP}{BACKWARDS}")
    await expect(page.answer.locator("img, script")).to_have_count(0)
    await expect(page.tab.get_by_text(MARKUP, exact=True)).not_to_have_count(0)
    links = await page.answer.locator("a").evaluate_all("all => all.map(a => a.protocol)")
    assert {"http:", "https:"} >= set(links)


async def test_the_page_loads_less_than_100_kb_in_few_requests(
    opening: Opening, address: str
) -> None:
    page = await opening(address)
    await expect(page.tab.get_by_role("link", name="Kyoto")).to_be_visible()
    sizes = json.loads(
        await page.tab.evaluate(
            "JSON.stringify([...performance.getEntriesByType('navigation'),"
            " ...performance.getEntriesByType('resource')].map(e => e.transferSize))"
        )
    )
    assert 5 < len(sizes) < 14
    assert sum(sizes) < 100_000


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
async def test_axe_finds_no_violations_and_nothing_overflows_in_any_state(
    opening: Opening, address: str, stages: FakeStages, scheme: str, width: int
) -> None:
    size = {"width": width, "height": 740}
    page = await opening(address, color_scheme=scheme, viewport=size)
    await expect(page.tab.get_by_role("link", name="Kyoto")).to_be_visible()
    await _has_no_violations(page)
    await page.field.fill("ada")
    await expect(page.suggestions).to_have_count(2)
    await page.field.press("ArrowDown")
    await expect(page.suggestions.first).to_have_attribute("aria-selected", "true")
    await _has_no_violations(page)
    stages.sentiment.may_answer.clear()
    await page.search("Ada")
    await page.shows_stages(sentiment="running")
    await _has_no_violations(page)
    stages.sentiment.may_answer.set()
    await page.shows_title("Ada")
    await _has_no_violations(page)
    await page.search("nothing")
    await page.shows_title("There is no article for “nothing”")
    await _has_no_violations(page)
    stages.entities.result = ValueError("x")
    await page.search("Pneumonoultramicroscopicsilicovolcanoconiosis" * 3)
    await page.shows("Missing: entities.")
    await _has_no_violations(page)
    stages.sentiment.result = NEGATIVE_TONE
    await page.search("War")
    await page.shows("Rejected")
    await _has_no_violations(page)
    stages.sentiment.result = ValueError("x")
    await page.search("Gate")
    await page.shows("A stage of the digest failed")
    await _has_no_violations(page)


async def _has_no_violations(page: DigestPage) -> None:
    assert await page.violations() == []
    assert await page.overflow() <= 0


async def test_the_page_can_be_used_with_the_keyboard_only(page: DigestPage) -> None:
    await expect(page.tab.get_by_role("link", name="Kyoto")).to_be_visible()
    focused = []
    for _ in range(4):
        await page.tab.keyboard.press("Tab")
        focused.append(await page.tab.evaluate("document.activeElement.textContent.trim()"))
    assert focused == ["wiki-digest", "", "Digest", "Ada Lovelace"]
    await page.tab.keyboard.press("Enter")
    await page.shows_title("Ada Lovelace")
