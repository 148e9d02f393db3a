"""Fixtures: Chromium, and pages that must log no errors and send no requests to other servers."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from devtools import chromium
from tests.browser.digest_page import DigestPage
from tests.support import needs
from tests.support.fakes import FakeStages, application
from tests.support.site import serving

TIMEOUT_MS = 20_000
"""Generous, since CI machines are slow."""
SAME_LOOP = pytest_asyncio.fixture(loop_scope="session")
"""The browser lives for the whole session, so all its fixtures and tests share one event loop."""
Opening = Callable[..., Awaitable[DigestPage]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Headless Chromium, installed as a system package."""
    path = chromium.executable()
    if path is None:
        needs.missing(chromium.WANTED)
    expect.set_options(timeout=TIMEOUT_MS)
    async with async_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-dev-shm-usage"]  # as root, and in small containers
        started = await playwright.chromium.launch(executable_path=path, args=arguments)
        yield started
        await started.close()


@pytest.fixture
def stages() -> FakeStages:
    """The fake stages of the server."""
    return FakeStages()


@SAME_LOOP
async def address(stages: FakeStages) -> AsyncIterator[str]:
    """The URL of a server."""
    async with serving(application(stages)) as at:
        yield at


@SAME_LOOP
async def opening(browser: Browser) -> AsyncIterator[Opening]:
    """Return a function that opens a page; fail the test if any page had errors."""
    errors: list[str] = []
    contexts = []

    async def open_at(at: str, path: str = "/", **habits: Any) -> DigestPage:
        context = await browser.new_context(base_url=at, **habits)
        context.set_default_timeout(TIMEOUT_MS)
        contexts.append(context)
        tab = await context.new_page()
        _watch(tab, at, errors)
        await tab.goto(path)
        return DigestPage(tab)

    yield open_at
    for context in contexts:
        await context.close()
    assert errors == []


@SAME_LOOP
async def page(opening: Opening, address: str) -> DigestPage:
    """A page that has just been opened."""
    return await opening(address)


def _watch(tab: Page, at: str, errors: list[str]) -> None:
    """Record script errors, dialogs and requests to other servers, but no failed responses."""
    tab.on("pageerror", lambda error: errors.append(f"error: {error}"))
    tab.on("dialog", lambda dialog: errors.append(f"dialog: {dialog.message}"))
    own = (at, f"blob:{at}")
    tab.on(
        "request",
        lambda sent: None if sent.url.startswith(own) else errors.append(f"request: {sent.url}"),
    )
    tab.on(
        "console",
        lambda logged: (
            errors.append(logged.text)
            if logged.type == "error" and not logged.text.startswith("Failed to load resource")
            else None
        ),
    )
