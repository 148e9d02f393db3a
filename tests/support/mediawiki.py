"""A real MediaWiki with our articles, bundled and generated: a running one, or one started here."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree

import requests

from app.sources.corpus import FOLDER
from devtools.server import free_port
from tests.support import real_articles

VARIABLE = "WIKI_API_URL"
STARTER = Path(__file__).parents[3] / "shared" / "lab" / "wiki"
"""Starts and stops a wiki (`wiki up PORT FOLDER`), if it exists beside the repository."""
MISSING = (
    f"no MediaWiki: set {VARIABLE} to the address of the api.php of a wiki with the articles in"
    " app/sources/articles and of tests/support/real_articles.py"
    " (tests/support/mediawiki-container starts one with Docker)"
)
START_S = 300


@contextmanager
def running() -> Iterator[str | None]:
    """The address of its `api.php`; None if there is no wiki."""
    if VARIABLE in os.environ:
        yield os.environ[VARIABLE]
    elif STARTER.is_file():
        port = str(free_port())
        try:
            with tempfile.TemporaryDirectory() as scratch:
                pages = copytree(FOLDER, Path(scratch) / "pages")
                real_articles.main(pages)
                address = _run("up", port, str(pages))
            yield address
        finally:
            _run("down", port)
    else:
        yield None


def rights(url: str) -> dict[str, str]:
    """The licence that the wiki states, requested without the code under test."""
    params = {"action": "query", "meta": "siteinfo", "siprop": "rightsinfo", "format": "json"}
    stated: dict[str, str] = requests.get(url, params, timeout=10).json()["query"]["rightsinfo"]
    return stated


def _run(*words: str) -> str:
    done = subprocess.run([STARTER, *words], stdout=subprocess.PIPE, timeout=START_S, check=True)
    return done.stdout.decode().strip()
