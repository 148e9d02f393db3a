"""The page of a real server: `wiki-digest serve`, with its models and articles."""

import pytest
from playwright.async_api import expect

from devtools.server import Server
from tests.browser.conftest import Opening

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_person_types_and_reads_a_digest(opening: Opening, server: Server) -> None:
    """From the first letters to the names of the people in the article."""
    reader = await opening(server.address)
    await reader.field.press_sequentially("love")
    await reader.suggestions.first.click()
    await reader.sees_title("Ada Lovelace")
    await reader.sees("Charles Babbage", "People", "Places", "CC0 1.0")
    await reader.sees_stages(source="done", sentiment="done", summarizer="done", entities="done")
    assert await reader.faults() == []


async def test_a_person_is_told_of_a_dark_article(opening: Opening, server: Server) -> None:
    """And what else an ambiguous term may mean."""
    reader = await opening(server.address, "/?term=black+death")
    await reader.sees("Turned away")
    await reader.search("mercury")
    await reader.sees("It could also mean")
    await reader.answer.get_by_role("link", name="Mercury (element)").click()
    await reader.sees_title("Mercury (element)")
    await expect(reader.page).to_have_url(f"{server.address}/?term=Mercury%20(element)")
