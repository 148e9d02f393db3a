"""The names of a digest on the page: marked in the summary, with their spellings, in Chromium."""

import pytest
from playwright.async_api import Locator, expect

from app.core.values import Entities, Entity, Place, Summary
from tests.browser.digest_page import DigestPage
from tests.support.fakes import READ, FakeStage, FakeStages, article

pytestmark = pytest.mark.asyncio(loop_scope="session")
TEXT = (
    "\U0001f389 Ada Lovelace wrote notes. Nobody read them. Lovelace lived in London. "
    "Londoners <b>met</b> Charles."
)
SHORT = TEXT.replace("Nobody read them. ", "")


def places(*spellings: str) -> tuple[Place, ...]:
    """Where each of these stands in TEXT."""
    starts = [TEXT.index(one) for one in spellings]
    return tuple(
        Place(start=at, end=at + len(one)) for at, one in zip(starts, spellings, strict=True)
    )


def name(text: str, kind: str, *mentions: Place, aliases: tuple[str, ...] = ()) -> Entity:
    found = max(1, len(mentions))
    return Entity(text=text, type=kind, score=1, count=found, aliases=aliases, mentions=mentions)


ADA = TEXT.index("Ada Lovelace")
NAMES = Entities(
    items=(
        name(
            "Ada Lovelace",
            "PER",
            Place(start=ADA, end=ADA + 12),
            Place(start=TEXT.index("Lovelace lived"), end=TEXT.index(" lived")),
            aliases=("Lovelace",),
        ),
        name("London", "LOC", *places("London")),
        name("Charles", "PER"),
        name("Kyoto", "LOC"),
    ),
    read=READ,
)
"""The places of Charles and Kyoto are not known."""


def extractive() -> Summary:
    """A summary of all sentences of TEXT but one."""
    ends = [TEXT.index(".", TEXT.index(word)) + 1 for word in ("notes", "London", "Charles")]
    starts = [0, TEXT.index("Lovelace lived"), TEXT.index("Londoners")]
    sentences = tuple(Place(start=a, end=b) for a, b in zip(starts, ends, strict=True))
    return Summary(text=SHORT, method="extractive", read=READ, sentences=sentences)


async def shown(page: DigestPage, stages: FakeStages, summary: Summary) -> Locator:
    """The marks in a summary of this article."""
    stages.source = FakeStage(article(text=TEXT))
    stages.summarizer.result, stages.entities.result = summary, NAMES
    await page.search("Ada Lovelace")
    await page.shows_title("Ada Lovelace")
    return page.answer.locator(".summary mark")


async def test_names_are_marked_where_they_stand(page: DigestPage, stages: FakeStages) -> None:
    marks = await shown(page, stages, extractive())
    await expect(marks).to_have_text(["Ada Lovelace", "Lovelace", "London"])
    await expect(page.answer.locator(".summary")).to_have_text(SHORT)
    await expect(marks.first).to_have_attribute("title", "Person, 2 mentions")
    await expect(marks.first).to_have_attribute("data-type", "PER")
    await expect(marks.last).to_have_attribute("title", "Place, mentioned once")


@pytest.mark.parametrize("method", ["abstractive", "extractive"])
async def test_names_are_searched_in_a_summary_without_places(
    page: DigestPage, stages: FakeStages, method: str
) -> None:
    """Or with places that do not fit its text. A part of a word is no name."""
    sentences = extractive().sentences[:1] if method == "extractive" else ()
    made = Summary(text=SHORT, method=method, read=READ, sentences=sentences)
    marks = await shown(page, stages, made)
    await expect(marks).to_have_text(["Ada Lovelace", "Lovelace", "London", "Charles"])
    await expect(page.answer.locator(".summary")).to_have_text(SHORT)


async def test_a_name_in_the_list_lights_up_its_marks(page: DigestPage, stages: FakeStages) -> None:
    marks = await shown(page, stages, extractive())
    lit = page.answer.locator("mark.lit")
    ada = page.answer.get_by_role("button", name="Ada Lovelace")
    await ada.hover()
    await expect(lit).to_have_text(["Ada Lovelace", "Lovelace"])
    await page.tab.mouse.move(0, 0)
    await expect(lit).to_have_count(0)
    await ada.focus()
    await page.tab.keyboard.press("Tab")
    await expect(lit).to_have_text(["London"])
    await page.tab.keyboard.press("Enter")
    await expect(marks.last).to_be_in_viewport()


async def test_the_list_gives_other_spellings(page: DigestPage, stages: FakeStages) -> None:
    await shown(page, stages, extractive())
    items = page.answer.locator(".groups li")
    await expect(items).to_have_text(["Ada Lovelace ×2", "Charles", "London", "Kyoto"])
    await expect(items.first).to_have_attribute("title", "also Lovelace")
    await expect(page.answer.get_by_role("button")).to_have_count(2)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_marks_are_accessible(page: DigestPage, stages: FakeStages, scheme: str) -> None:
    await page.tab.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    await shown(page, stages, extractive())
    assert await page.violations() == []
    await page.answer.get_by_role("button", name="London").hover()
    assert await page.violations() == []
    assert await page.overflow() <= 0
