"""Optional libraries and programs: tests that need a missing one are skipped.

They fail instead if ALL_TOOLS is set, as `make test` does in CI. `make unit` sets LIGHT: it also
skips tests of installed libraries that take seconds to import.
"""

import os
import shutil
from importlib import import_module
from typing import Any, NoReturn

import pytest

ALL_TOOLS = "ALL_TOOLS" in os.environ
LIGHT = "LIGHT" in os.environ


def module(name: str) -> Any:
    """The module; skips the test if it, or a library that it imports, is missing."""
    if LIGHT:
        pytest.skip(f"{name} is tested by make test only", allow_module_level=True)
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        missing(f"{error.name} is not installed")


def program(name: str) -> pytest.MarkDecorator:
    """A mark for tests that run this program."""
    absent = not ALL_TOOLS and shutil.which(name) is None
    return pytest.mark.skipif(absent, reason=f"{name} is not installed")


def missing(reason: str) -> NoReturn:
    """Skip or fail the test, or the test module during its import."""
    if ALL_TOOLS:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason, allow_module_level=True)
