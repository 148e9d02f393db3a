"""One server for all tests that only ask it things."""

from collections.abc import Iterator

import pytest

from tests.support.server import Server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A server with the embedded default and nothing remembered."""
    with Server("digest.cache_size=0") as started:
        yield started
