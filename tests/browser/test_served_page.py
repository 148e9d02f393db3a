"""The page of a real server (`wiki-digest serve`), with its models and articles."""

import pytest
from playwright.async_api import expect

from devtools.server import Server
from tests.browser.conftest import Opening

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_suggestion_leads_to_a_digest(opening: Opening, server: Server) -> None:
    page = await opening(server.address)
    await page.field.press_sequentially("love")
    await expect(page.suggestions).to_have_text(["Ada Lovelace"])
    await page.suggestions.first.click()
    await page.shows_title("Ada Lovelace")
    await page.shows("Charles Babbage", "People", "Places", "CC0 1.0")
    await page.shows_stages(source="done", sentiment="done", summarizer="done", entities="done")
    assert await page.violations() == []


async def test_a_rejected_article_and_other_meanings_are_shown(
    opening: Opening, server: Server
) -> None:
    page = await opening(server.address, "/?term=black+death")
    await page.shows("Rejected")
    await page.search("mercury")
    await page.shows("Other meanings")
    await page.answer.get_by_role("link", name="Mercury (element)").click()
    await page.shows_title("Mercury (element)")
    await expect(page.tab).to_have_url(f"{server.address}/?term=Mercury%20(element)")
