"""The page as a person meets it: real Chromium, real HTTP, fake stages."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import expect

from app.core.errors import NoArticle, Overloaded, SourceFailed
from app.core.values import Entities, Entity, Summary
from tests.browser.conftest import SAME_LOOP, Opening
from tests.browser.reader import Reader
from tests.support.fakes import NEGATIVE_TONE, READ, FakeStage, FakeStages, application, article
from tests.support.site import serving

pytestmark = pytest.mark.asyncio(loop_scope="session")
MARKUP = "<img src=x onerror=alert(1)><script>alert(2)</script>"
BACKWARDS = "\u202e"


async def test_a_search_shows_the_whole_digest(reader: Reader) -> None:
    """Title, summary, names by type, tone with its limit, and where the text is from."""
    await reader.search("Ada Lovelace")
    await reader.sees_title("Ada Lovelace")
    await reader.sees(
        "Ada Lovelace wrote the first program.", "People (1)", "Neutral: −0.10", "Above 0.20"
    )
    await reader.sees("From nobody, licence CC0 1.0")
    await reader.hears("The digest of “Ada Lovelace” is ready.")
    licence = reader.answer.get_by_role("link", name="CC0 1.0")
    await expect(licence).to_have_attribute("href", article().licence.url)


async def test_the_graph_is_seen_at_work(reader: Reader, stages: FakeStages) -> None:
    """Stage by stage, the last two at the same time, each with its time once it has ended."""
    for stage in (stages.sentiment, stages.summarizer, stages.entities):
        stage.may_answer.clear()
    await reader.search("Ada Lovelace")
    await reader.sees_stages(source="done", sentiment="running", summarizer="waiting")
    await reader.hears("Found “Ada Lovelace”. Now the graph checks its tone …")
    stages.sentiment.may_answer.set()
    await reader.sees_stages(sentiment="done", summarizer="running", entities="running")
    stages.entities.may_answer.set()
    await reader.sees_stages(summarizer="running", entities="done")
    stages.summarizer.may_answer.set()
    await reader.sees_stages(summarizer="done")
    await expect(reader.page.locator("[data-stage=summarizer]")).to_contain_text("ms")


async def test_a_rejected_article_is_said_to_be_and_why(reader: Reader, stages: FakeStages) -> None:
    """With its score beside the limit, and the stages that were not asked."""
    stages.sentiment.result = NEGATIVE_TONE
    await reader.search("War")
    await reader.sees_title("War")
    await reader.sees("Turned away", "0.90 is above the limit of 0.20")
    await reader.sees_stages(sentiment="done", summarizer="skipped", entities="skipped")
    await reader.hears("“War” was turned away: its tone is negative.")


async def test_nothing_found_offers_what_was_perhaps_meant(reader: Reader) -> None:
    """A click searches for it."""
    await reader.search("nothing")
    await reader.sees_title("There is no article for “nothing”")
    await reader.sees_stages(source="done", sentiment="skipped")
    await reader.answer.get_by_role("link", name="Something").click()
    await reader.sees_title("Something")


async def test_nothing_found_offers_what_there_is_where_nothing_comes_near(
    opening: Opening,
) -> None:
    """Titles of the source, as at the beginning."""
    stages = FakeStages(FakeStage(NoArticle("nothing at all")))
    async with serving(application(stages)) as at:
        reader = await opening(at)
        await reader.search("zzz")
        await reader.sees_title("There is no article for “zzz”")
        await expect(reader.page.get_by_role("link", name="Kyoto")).to_be_visible()


async def test_a_degraded_answer_says_which_part_is_missing(
    reader: Reader, stages: FakeStages
) -> None:
    """And shows the others."""
    stages.summarizer.result = ValueError("password: hunter2")
    await reader.search("Ada Lovelace")
    await reader.sees("This answer lacks the summarizer.", "ValueError", "People (1)")
    await reader.sees_stages(summarizer="failed", entities="done")
    await reader.hears("The digest of “Ada Lovelace” is ready, but not whole.")


@pytest.mark.parametrize(
    ("error", "sentences"),
    [
        (SourceFailed("the wiki hung up"), ("The source of articles failed", "the wiki hung up")),
        (Overloaded("256 are waiting"), ("Too many requests at once", "256 are waiting")),
        (ValueError("secret"), ("A stage of the digest failed", "source failed: ValueError")),
    ],
)
async def test_a_failure_is_a_sentence_and_can_be_tried_again(
    opening: Opening, error: Exception, sentences: tuple[str, ...]
) -> None:
    """Trying again shows the digest once the fault is gone."""
    source = FakeStage(error)
    async with serving(application(FakeStages(source))) as at:
        reader = await opening(at, "/?term=Ada+Lovelace")
        await reader.sees(*sentences)
        await reader.sees_stages(source="failed", sentiment="skipped")
        source.result = article()
        await reader.page.get_by_role("button", name="Try again").click()
        await reader.sees_title("Ada Lovelace")


async def test_a_full_server_is_a_sentence_and_can_be_tried_again(
    opening: Opening, stages: FakeStages
) -> None:
    """It refuses before any event is sent."""
    stages.sentiment.may_answer.clear()
    async with serving(application(stages, max_concurrent=1)) as at:
        first = await opening(at, "/?term=Ada+Lovelace")
        await first.sees_stages(sentiment="running")
        second = await opening(at, "/?term=Ada+Lovelace")
        await second.sees("Too many requests at once")
        stages.sentiment.may_answer.set()
        await first.sees_title("Ada Lovelace")
        await second.page.get_by_role("button", name="Try again").click()
        await second.sees_title("Ada Lovelace")


async def test_a_server_that_is_gone_is_a_sentence(opening: Opening) -> None:
    """Not an empty page."""
    async with serving(application(FakeStages())) as at:
        reader = await opening(at)
    await reader.search("Ada Lovelace")
    await reader.sees("The server cannot be reached")
    await expect(reader.page.get_by_role("button", name="Try again")).to_be_visible()


async def test_an_answer_that_breaks_off_is_a_sentence(opening: Opening) -> None:
    """The stream has begun by then."""
    stages = FakeStages()
    stages.sentiment.may_answer.clear()
    async with serving(application(stages)) as at:
        reader = await opening(at, "/?term=Ada+Lovelace")
        await reader.sees_stages(sentiment="running")
    await reader.sees("The server cannot be reached")


async def test_a_term_that_cannot_be_searched_for_is_said_to_be_so(
    opening: Opening, address: str
) -> None:
    """In the server's words; there is nothing to try again."""
    reader = await opening(address, "/?term=" + "x" * 201)
    await reader.sees("The search term is not valid", "at most 200 are allowed")
    await expect(reader.page.get_by_role("button", name="Try again")).to_have_count(0)


async def test_each_result_has_an_address_and_the_back_button_works(reader: Reader) -> None:
    """Back leads to the result before, and then to the beginning."""
    await reader.search("Ada Lovelace")
    await reader.sees_title("Ada Lovelace")
    await reader.search("C++ & Java?")
    await reader.sees_title("C++ & Java?")
    await expect(reader.page).to_have_title("C++ & Java? – wiki-digest")
    await reader.page.reload()
    await reader.sees_title("C++ & Java?")
    await reader.page.go_back()
    await reader.sees_title("Ada Lovelace")
    await expect(reader.field).to_have_value("Ada Lovelace")
    await reader.page.go_back()
    await expect(reader.answer).to_be_hidden()
    await expect(reader.page.get_by_role("link", name="Kyoto")).to_be_visible()


async def test_a_new_search_ends_the_one_before(reader: Reader, stages: FakeStages) -> None:
    """The server hears of it, and the old answer never shows."""
    stages.sentiment.may_answer.clear()
    await reader.search("Old")
    await reader.sees_stages(sentiment="running")
    await reader.search("nothing")
    await reader.sees_title("There is no article for “nothing”")
    await stages.sentiment.ended.wait()
    assert stages.sentiment.cancelled == 1


async def test_examples_that_come_late_are_not_shown_below_an_answer(opening: Opening) -> None:
    """Whoever knows what to look for does not wait for them."""
    asked, gate = asyncio.Event(), asyncio.Event()

    async def suggest(_: str) -> tuple[str, ...]:
        asked.set()
        await gate.wait()
        return ("Kyoto",)

    async with serving(application(FakeStages(), suggest=suggest)) as at:
        reader = await opening(at)
        await asked.wait()
        await reader.search("Ada Lovelace")
        await reader.sees_title("Ada Lovelace")
        gate.set()
        await reader.page.wait_for_load_state("networkidle")
        await expect(reader.page.get_by_role("link", name="Kyoto")).to_have_count(0)


async def test_titles_are_suggested_while_typing(reader: Reader) -> None:
    """Arrow keys choose one, and Enter searches for it."""
    await reader.field.press_sequentially("ada")
    await expect(reader.suggestions).to_have_text(["Ada Lovelace", "Ada Yonath"])
    await reader.field.press("ArrowDown")
    await reader.field.press("ArrowDown")
    await expect(reader.suggestions.nth(1)).to_have_attribute("aria-selected", "true")
    await reader.field.press("Enter")
    await reader.sees_title("Ada Yonath")
    await expect(reader.suggestions).to_have_count(0)


async def test_escape_closes_the_suggestions(reader: Reader) -> None:
    """What was typed stays, and Enter searches for that."""
    await reader.field.press_sequentially("ada")
    await expect(reader.suggestions).to_have_count(2)
    await reader.field.press("Escape")
    await expect(reader.suggestions).to_have_count(0)
    await expect(reader.field).to_have_value("ada")
    await reader.field.press("Enter")
    await reader.sees_title("ada")


async def test_a_suggestion_can_be_clicked(reader: Reader) -> None:
    """The field keeps the focus until then."""
    await reader.field.press_sequentially("kyo")
    await reader.suggestions.first.click()
    await reader.sees_title("Kyoto")


@SAME_LOOP
async def hostile() -> AsyncIterator[str]:
    """A server whose article is full of markup, and whose address runs a script."""
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


async def test_markup_from_outside_is_shown_not_run(opening: Opening, hostile: str) -> None:
    """In the term, the title, the summary, the names and the suggestions."""
    reader = await opening(hostile)
    await reader.field.press_sequentially("<i")
    await expect(reader.suggestions).to_have_text([MARKUP])
    await reader.search(MARKUP)
    await reader.sees_title(f"{MARKUP}{BACKWARDS}")
    await expect(reader.answer.locator("img, script")).to_have_count(0)
    await expect(reader.page.get_by_text(MARKUP, exact=True)).not_to_have_count(0)
    links = await reader.answer.locator("a").evaluate_all("all => all.map(a => a.protocol)")
    assert {"http:", "https:"} >= set(links)


async def test_the_page_is_small(opening: Opening, address: str) -> None:
    """All that it loads before the first search is under 100 kB, in few requests."""
    reader = await opening(address)
    await expect(reader.page.get_by_role("link", name="Kyoto")).to_be_visible()
    sizes = json.loads(
        await reader.page.evaluate(
            "JSON.stringify([...performance.getEntriesByType('navigation'),"
            " ...performance.getEntriesByType('resource')].map(e => e.transferSize))"
        )
    )
    assert 5 < len(sizes) < 12
    assert sum(sizes) < 100_000


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
async def test_axe_finds_nothing_wrong(
    opening: Opening, address: str, stages: FakeStages, scheme: str, width: int
) -> None:
    """At the beginning, with suggestions, at work, and with each kind of answer; none overflows."""
    size = {"width": width, "height": 740}
    reader = await opening(address, color_scheme=scheme, viewport=size)
    await expect(reader.page.get_by_role("link", name="Kyoto")).to_be_visible()
    await _is_fine(reader)
    await reader.field.press_sequentially("ada")
    await expect(reader.suggestions).to_have_count(2)
    await reader.field.press("ArrowDown")
    await expect(reader.suggestions.first).to_have_attribute("aria-selected", "true")
    await _is_fine(reader)
    stages.sentiment.may_answer.clear()
    await reader.search("Ada")
    await reader.sees_stages(sentiment="running")
    await _is_fine(reader)
    stages.sentiment.may_answer.set()
    await reader.sees_title("Ada")
    await _is_fine(reader)
    await reader.search("nothing")
    await reader.sees_title("There is no article for “nothing”")
    await _is_fine(reader)
    stages.entities.result = ValueError("x")
    await reader.search("Pneumonoultramicroscopicsilicovolcanoconiosis" * 3)
    await reader.sees("This answer lacks the entities.")
    await _is_fine(reader)
    stages.sentiment.result = NEGATIVE_TONE
    await reader.search("War")
    await reader.sees("Turned away")
    await _is_fine(reader)
    stages.sentiment.result = ValueError("x")
    await reader.search("Gate")
    await reader.sees("A stage of the digest failed")
    await _is_fine(reader)


async def _is_fine(reader: Reader) -> None:
    assert await reader.faults() == []
    assert await reader.overflow() <= 0


async def test_the_page_can_be_used_with_the_keyboard_alone(reader: Reader) -> None:
    """Tab leads from the title to the field, the button and the examples."""
    await expect(reader.page.get_by_role("link", name="Kyoto")).to_be_visible()
    focused = []
    for _ in range(4):
        await reader.page.keyboard.press("Tab")
        focused.append(await reader.page.evaluate("document.activeElement.textContent.trim()"))
    assert focused == ["wiki-digest", "", "Digest", "Ada Lovelace"]
    await reader.page.keyboard.press("Enter")
    await reader.sees_title("Ada Lovelace")
