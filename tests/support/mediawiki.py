"""A real MediaWiki with the articles of the tests: a running one, or one started here."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from app.sources.corpus import FOLDER
from devtools.server import free_port
from tests.support import real_articles

VARIABLE = "WIKI_API_URL"
STARTER = Path(__file__).parents[3] / "shared" / "lab" / "wiki"
"""Starts and stops a wiki (`wiki up PORT FOLDER`), if it exists beside the repository."""
PAGES = Path(__file__).parents[1] / "mediawiki" / "pages"
"""Wikitext of pages that are hard to read."""
MISSING = (
    f"no MediaWiki: set {VARIABLE} to the address of the api.php of a wiki with the articles in"
    " app/sources/articles and tests/mediawiki/pages and of tests/support/real_articles.py"
    " (tests/support/mediawiki-container starts one with Docker)"
)
WITHOUT_EXTRACTS = "?extracts=no"
"""Added to the address, it switches the extension TextExtracts off."""
PATIENT = {"timeout_s": 60}
"""Settings of a source: PHP parses a long article for seconds on a busy machine."""
PATIENTLY = ("source.timeout_s=60", "digest.deadline_s=120")
"""Such settings of a server."""
START_S = 300


@contextmanager
def running() -> Iterator[str | None]:
    """The address of its `api.php`; None if there is no wiki."""
    if VARIABLE in os.environ:
        yield os.environ[VARIABLE]
    elif STARTER.is_file():
        port = str(free_port())
        try:
            yield _start(port)
        finally:
            _run("down", port)
    else:
        yield None


def _start(port: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        for page in (*FOLDER.glob("*.txt"), *PAGES.glob("*.txt")):
            shutil.copy(page, folder)
        real_articles.main(Path(folder))
        address = _run("up", port, folder)
    settings = Path(f"/var/tmp/lab-wiki-{port}/LocalSettings.php")
    load = "wfLoadExtension( 'TextExtracts' );"
    condition = "if ( ( $_GET['extracts'] ?? '' ) !== 'no' ) "
    settings.write_text(settings.read_text("utf-8").replace(load, condition + load), "utf-8")
    return address


def rights(url: str) -> dict[str, str]:
    """The licence that the wiki states, requested without the code under test."""
    params = {"action": "query", "meta": "siteinfo", "siprop": "rightsinfo", "format": "json"}
    stated: dict[str, str] = requests.get(url, params, timeout=60).json()["query"]["rightsinfo"]
    return stated


def _run(*words: str) -> str:
    done = subprocess.run([STARTER, *words], stdout=subprocess.PIPE, timeout=START_S, check=True)
    return done.stdout.decode().strip()
