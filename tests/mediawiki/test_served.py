"""The whole graph over a real wiki: the same server, told where its articles are."""

from collections.abc import Iterator

import pytest
import requests

from devtools.server import Server

ASK_S = 40


@pytest.fixture(scope="module")
def server(url: str) -> Iterator[Server]:
    """A server whose source is the wiki."""
    with Server("source=wikipedia", f"source.api_url={url}") as started:
        yield started


def digest(server: Server, term: str) -> requests.Response:
    """One answer, within a deadline."""
    return requests.get(f"{server.address}/v1/digest", {"term": term}, timeout=ASK_S)


def test_an_article_of_the_wiki_is_digested(server: Server) -> None:
    """With its address there, its revision, and all parts."""
    body = digest(server, "Simón Bolívar").json()
    assert body["status"] == "ok"
    assert body["url"].startswith("http://")
    assert body["revision"].isdecimal()
    assert body["summary"]["text"]
    assert body["entities"]["items"]


def test_a_dark_article_of_the_wiki_is_turned_away(server: Server) -> None:
    """Found by its redirect, rejected by its tone."""
    body = digest(server, "Spanish flu").json()
    assert (body["title"], body["status"]) == ("1918 influenza pandemic", "rejected")


def test_an_ambiguous_title_says_what_else_it_means(server: Server) -> None:
    """One article is digested, the others are named."""
    body = digest(server, "Mercury").json()
    assert body["status"] == "ok"
    assert "Mercury (mythology)" in body["alternatives"]


def test_what_the_wiki_does_not_have_is_404(server: Server) -> None:
    """As with any other source."""
    assert digest(server, "zzqqxx").status_code == 404
