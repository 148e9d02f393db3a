"""One wiki for all tests."""

from collections.abc import Iterator

import pytest

from app.settings import WikipediaSource
from tests.support import mediawiki, needs


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    """The address of a real MediaWiki's `api.php`."""
    with mediawiki.running() as address:
        if address is None:
            needs.missing(mediawiki.WANTED)
        yield address


@pytest.fixture(scope="session")
def wanted(url: str) -> WikipediaSource:
    """The settings that name it."""
    return WikipediaSource.model_validate({"kind": "wikipedia", "api_url": url})
