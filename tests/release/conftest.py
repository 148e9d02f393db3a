"""A registry on this machine, for the session."""

from collections.abc import Iterator

import pytest

from devtools import registry
from tests.support import needs


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """The address of an empty registry, as `127.0.0.1:PORT`."""
    program = registry.executable() or needs.missing(registry.WANTED)
    with registry.running(program) as found:
        yield found
