"""A person at the page, in verbs."""

from typing import NamedTuple

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Locator, Page, expect


class Reader(NamedTuple):
    """Reads and uses one page."""

    page: Page

    @property
    def field(self) -> Locator:
        """Where terms are typed."""
        return self.page.get_by_role("combobox", name="Search term")

    @property
    def answer(self) -> Locator:
        """What came of the search."""
        return self.page.get_by_role("article")

    @property
    def suggestions(self) -> Locator:
        """The titles under the field."""
        return self.page.get_by_role("option")

    async def search(self, term: str) -> None:
        """Type a term and press Enter."""
        await self.field.fill(term)
        await self.field.press("Enter")

    async def sees(self, *texts: str) -> None:
        """Wait until each of these stands in the answer."""
        for text in texts:
            await expect(self.answer).to_contain_text(text)

    async def sees_title(self, title: str) -> None:
        """Wait until the answer has this heading."""
        await expect(self.answer.get_by_role("heading", level=2)).to_have_text(title)

    async def hears(self, text: str) -> None:
        """Wait until the live region says this."""
        await expect(self.page.get_by_role("status")).to_have_text(text)

    async def sees_stages(self, **states: str) -> None:
        """Wait until each of these stages is in this state."""
        for stage, state in states.items():
            item = self.page.locator(f"[data-stage={stage}]")
            await expect(item).to_have_attribute("data-state", state)

    async def faults(self) -> list[str]:
        """What axe finds wrong: rule, and where."""
        found = (await Axe().run(self.page)).response["violations"]
        return [f"{fault['id']}: {[n['html'] for n in fault['nodes']]}" for fault in found]

    async def overflow(self) -> int:
        """Pixels by which the page is wider than its window."""
        wide: int = await self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return wide
