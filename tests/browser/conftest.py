"""A real Chromium, and a page that must stay free of errors and of other people's servers."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.browser.reader import Reader
from tests.support import chromium, needs
from tests.support.fakes import FakeStages, application
from tests.support.site import serving

PATIENCE_MS = 20_000
"""Much more than anything takes, on a machine that does much else."""
SAME_LOOP = pytest_asyncio.fixture(loop_scope="session")
"""The browser lives as long as the session, and all that talks to it shares its loop."""
Opening = Callable[..., Awaitable[Reader]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Headless Chromium, from the system's packages."""
    path = chromium.executable()
    if path is None:
        needs.missing(chromium.WANTED)
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-dev-shm-usage"]  # as root, and in small containers
        started = await playwright.chromium.launch(executable_path=path, args=arguments)
        yield started
        await started.close()


@pytest.fixture
def stages() -> FakeStages:
    """What the page's server asks."""
    return FakeStages()


@SAME_LOOP
async def address(stages: FakeStages) -> AsyncIterator[str]:
    """Where the page is served."""
    async with serving(application(stages)) as at:
        yield at


@SAME_LOOP
async def opening(browser: Browser) -> AsyncIterator[Opening]:
    """Opens pages of an address, as a person of certain habits; faults come out in the end."""
    faults: list[str] = []
    contexts = []

    async def open_at(at: str, path: str = "/", **habits: Any) -> Reader:
        context = await browser.new_context(base_url=at, **habits)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = await context.new_page()
        _watch(page, at, faults)
        await page.goto(path)
        return Reader(page)

    yield open_at
    for context in contexts:
        await context.close()
    assert faults == []


@SAME_LOOP
async def reader(opening: Opening, address: str) -> Reader:
    """A person who has just opened the page."""
    return await opening(address)


def _watch(page: Page, at: str, faults: list[str]) -> None:
    """Note what a careful page never does; a failed answer of the server is none of its faults."""
    page.on("pageerror", lambda error: faults.append(f"error: {error}"))
    page.on("dialog", lambda dialog: faults.append(f"dialog: {dialog.message}"))
    page.on(
        "request",
        lambda asked: None if asked.url.startswith(at) else faults.append(f"asked {asked.url}"),
    )
    page.on(
        "console",
        lambda said: (
            faults.append(said.text)
            if said.type == "error" and not said.text.startswith("Failed to load resource")
            else None
        ),
    )
