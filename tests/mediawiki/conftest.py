"""Fixtures: one wiki, and one server, for all tests."""

from collections.abc import Iterator

import pytest

from app.config.settings import WikipediaSettings
from devtools.server import Server
from tests.support import mediawiki, needs


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    """The address of a real MediaWiki's `api.php`."""
    with mediawiki.running() as address:
        if address is None:
            needs.missing(mediawiki.MISSING)
        yield address


@pytest.fixture(scope="session")
def wiki_settings(url: str) -> WikipediaSettings:
    """The settings of a source on this wiki."""
    return WikipediaSettings.model_validate(
        {"kind": "wikipedia", "api_url": url} | mediawiki.PATIENT
    )


@pytest.fixture(scope="session")
def server(url: str) -> Iterator[Server]:
    """A server with the wiki as its source."""
    with Server("source=wikipedia", f"source.api_url={url}", *mediawiki.PATIENTLY) as started:
        yield started
