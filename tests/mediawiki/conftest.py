"""One wiki for all tests."""

from collections.abc import Iterator

import pytest

from app.config.settings import WikipediaSettings
from tests.support import mediawiki


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    """The address of a real MediaWiki's `api.php`."""
    with mediawiki.running() as address:
        if address is None:
            pytest.skip(mediawiki.WANTED)
        yield address


@pytest.fixture(scope="session")
def wanted(url: str) -> WikipediaSettings:
    """The settings that name it."""
    return WikipediaSettings.model_validate({"kind": "wikipedia", "api_url": url})
