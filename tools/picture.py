"""Take the README's picture of the page: `python -m tools.picture docs/page.png`."""

import sys
from pathlib import Path

from playwright.sync_api import ViewportSize, sync_playwright

from devtools import chromium
from devtools.server import Server

TERM = "ada lovelace"
SIZE: ViewportSize = {"width": 860, "height": 1010}


def main(file: Path) -> None:
    """Save a screenshot of a search on a real server, in light mode."""
    path = chromium.executable() or sys.exit(chromium.WANTED)
    with Server() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE, color_scheme="light")
        page.goto(f"{server.address}/?term={TERM}")
        page.get_by_role("article").get_by_role("heading", level=2).wait_for()
        page.screenshot(path=file)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
