"""Page object: how the tests use the page."""

from typing import NamedTuple

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Locator, Page, expect


class DigestPage(NamedTuple):
    """One open page."""

    tab: Page

    @property
    def field(self) -> Locator:
        """The search field."""
        return self.tab.get_by_role("combobox", name="Search term")

    @property
    def answer(self) -> Locator:
        """The element that shows the digest or the problem."""
        return self.tab.get_by_role("article")

    @property
    def suggestions(self) -> Locator:
        """The options of the search field's list."""
        return self.tab.get_by_role("option")

    @property
    def load(self) -> Locator:
        """The line on the server's status."""
        return self.tab.get_by_role("contentinfo").get_by_text("terms in progress")

    async def search(self, term: str) -> None:
        await self.field.fill(term)
        await self.field.press("Enter")

    async def use_key(self, key: str) -> None:
        """Give the API key that the page asks for."""
        await self.tab.get_by_label("API key").fill(key)
        await self.tab.get_by_role("button", name="Use this key").click()

    async def shows(self, *texts: str) -> None:
        """Wait until the answer contains each of these texts."""
        for text in texts:
            await expect(self.answer).to_contain_text(text)

    async def shows_title(self, title: str) -> None:
        """Wait until the answer has this heading."""
        await expect(self.answer.get_by_role("heading", level=2)).to_have_text(title)

    async def announces(self, text: str) -> None:
        """Wait until the live region, which screen readers announce, has this text."""
        await expect(self.tab.get_by_role("status")).to_have_text(text)

    async def shows_stages(self, **states: str) -> None:
        """Wait until each of these stages is in this state."""
        for stage, state in states.items():
            item = self.tab.locator(f"[data-stage={stage}]")
            await expect(item).to_have_attribute("data-state", state)

    async def violations(self) -> list[str]:
        """Return axe's violations: rule and elements."""
        found = (await Axe().run(self.tab)).response["violations"]
        return [f"{fault['id']}: {[n['html'] for n in fault['nodes']]}" for fault in found]

    async def overflow(self) -> int:
        """Return the number of pixels by which the page is wider than its window."""
        wide: int = await self.tab.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return wide
