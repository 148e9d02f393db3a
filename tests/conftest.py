"""One server for all tests that only ask it things."""

import signal
from collections.abc import Iterator

import pytest

from devtools.server import Server

# A shell lets what it starts in the background ignore Ctrl-C, and so would all that tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A server with the embedded default and nothing remembered."""
    with Server("digest.cache_size=0") as started:
        yield started
