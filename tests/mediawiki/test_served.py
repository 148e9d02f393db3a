"""End-to-end tests of a server with a real wiki as its source."""

import requests

from devtools.server import Server

TIMEOUT_S = 130


def digest(server: Server, term: str) -> requests.Response:
    return requests.get(f"{server.address}/v1/digest", {"term": term}, timeout=TIMEOUT_S)


def test_an_article_of_the_wiki_is_digested(server: Server) -> None:
    body = digest(server, "Simón Bolívar").json()
    assert body["status"] == "ok"
    assert body["url"].startswith("http://")
    assert body["revision"].isdecimal()
    assert body["summary"]["text"]
    assert body["entities"]["items"]


def test_a_dark_article_of_the_wiki_is_rejected(server: Server) -> None:
    body = digest(server, "Spanish flu").json()
    assert (body["title"], body["status"]) == ("1918 influenza pandemic", "rejected")


def test_an_ambiguous_title_is_digested_with_its_alternatives(server: Server) -> None:
    body = digest(server, "Mercury").json()
    assert body["status"] == "ok"
    assert "Mercury (mythology)" in body["alternatives"]


def test_a_term_without_an_article_is_404(server: Server) -> None:
    assert digest(server, "zzqqxx").status_code == 404
