"""What not every machine has: tests that need it are skipped there, or fail if ALL_TOOLS is set.

In CI, `make test` sets it: a test that is always skipped is no test. `make unit` sets LIGHT: the
libraries asked for here take seconds to import, and are left out even where they are installed.
"""

import os
import shutil
from importlib import import_module
from typing import Any, NoReturn

import pytest

ALL_TOOLS = "ALL_TOOLS" in os.environ
LIGHT = "LIGHT" in os.environ


def module(name: str) -> Any:
    """The module; where a library that it imports is missing, nothing of the test that asks."""
    if LIGHT:
        pytest.skip(f"{name} is left to make test", allow_module_level=True)
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        missing(f"{error.name} is not installed")


def program(name: str) -> pytest.MarkDecorator:
    """Marks tests that run this program."""
    absent = not ALL_TOOLS and shutil.which(name) is None
    return pytest.mark.skipif(absent, reason=f"{name} is not installed")


def missing(reason: str) -> NoReturn:
    """Stop the test, or the whole module that is being imported."""
    if ALL_TOOLS:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason, allow_module_level=True)
