"""One server for all tests that only send requests; each test begins outside of a trace."""

import signal
from collections.abc import Iterator

import pytest

from app.core.tracing import belong_to
from devtools.server import Server

# Shells start background jobs with SIGINT ignored, and the tests' child processes inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A server with a deployment for each stage, the default models and corpus, without a cache."""
    with Server("placement=distributed", "digest.cache_size=0") as started:
        yield started


@pytest.fixture(autouse=True)
def _outside_of_traces() -> None:
    """The trace that a test before this one has belonged to is over."""
    belong_to("")
