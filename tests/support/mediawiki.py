"""A real MediaWiki that holds the corpus: one that is running already, or one started for us."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from app.sources.corpus import FOLDER
from devtools.server import free_port

VARIABLE = "WIKI_API_URL"
STARTER = Path(__file__).parents[3] / "shared" / "lab" / "wiki"
"""Starts and ends one (`wiki up PORT FOLDER`), where it lies beside the repository."""
WANTED = (
    f"no MediaWiki here: set {VARIABLE} to the address of an api.php whose wiki holds"
    " app/sources/articles (tests/support/mediawiki-container starts one with Docker)"
)
START_S = 300


@contextmanager
def running() -> Iterator[str | None]:
    """The address of its `api.php`; None where there is none to be had."""
    if VARIABLE in os.environ:
        yield os.environ[VARIABLE]
    elif STARTER.is_file():
        port = str(free_port())
        try:
            yield _run("up", port, str(FOLDER))
        finally:
            _run("down", port)
    else:
        yield None


def rights(url: str) -> dict[str, str]:
    """What the wiki says of its licence, asked for without the code that is tested."""
    params = {"action": "query", "meta": "siteinfo", "siprop": "rightsinfo", "format": "json"}
    told: dict[str, str] = requests.get(url, params, timeout=10).json()["query"]["rightsinfo"]
    return told


def _run(*words: str) -> str:
    done = subprocess.run([STARTER, *words], stdout=subprocess.PIPE, timeout=START_S, check=True)
    return done.stdout.decode().strip()
