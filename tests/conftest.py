"""One server for all tests that only send requests."""

import signal
from collections.abc import Iterator

import pytest

from devtools.server import Server

# Shells start background jobs with SIGINT ignored, and the tests' child processes inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A server with the default models and corpus, and without a cache."""
    with Server("digest.cache_size=0") as started:
        yield started
