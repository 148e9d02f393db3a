from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
from fastapi import FastAPI

from app.api import docs_page
from app.api.page import POLICY
from tests.support.fakes import FakeStages, application, client_of

PLACE = "http://test/docs"


class Tags(HTMLParser):
    """The tags of a page with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def values(self, *names: str) -> set[str]:
        """All values of these attributes."""
        found = (given.get(name) for _, given in self.found for name in names)
        return {value for value in found if value is not None}


async def get(app: FastAPI, path: str = "/docs") -> httpx.Response:
    async with client_of(app) as client:
        return await client.get(path)


async def tags() -> Tags:
    return Tags((await get(application(FakeStages()))).text)


async def test_the_page_refers_to_no_other_host() -> None:
    app = application(FakeStages())
    response = await get(app)
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["content-security-policy"] == POLICY
    page = Tags(response.text)
    addresses = [urljoin(PLACE, link) for link in page.values("href", "src", "action", "data")]
    assert {urlsplit(address).netloc for address in addresses} == {"test"}
    assert {tag for tag, _ in page.found} & {"script", "style", "iframe", "base", "form"} == set()
    assert page.values("style", "onclick", "srcset") == set()
    for path in {urlsplit(address).path for address in addresses}:
        assert (await get(app, path)).status_code in {200, 422}  # `/` is the page in a browser


async def test_each_link_within_the_page_has_its_place() -> None:
    page = await tags()
    places = {link.removeprefix("#") for link in page.values("href") if link.startswith("#")}
    assert {"Digest", "Problem", "Tone"} <= places <= page.values("id")


async def test_the_page_has_all_routes_and_all_types() -> None:
    app = application(FakeStages())
    html, document = (await get(app)).text, app.openapi()
    for path, operations in document["paths"].items():
        for method in operations:
            assert f"<h2><code>{method.upper()} {path}</code></h2>" in html
    for name in document["components"]["schemas"]:
        assert f"<h3>{name}</h3>" in html


async def test_the_page_describes_types_and_statuses() -> None:
    html = " ".join((await get(application(FakeStages()))).text.split())
    assert '<td>list of <a href="#Entity">Entity</a></td>' in html
    assert '<td><a href="#Summary">Summary</a> or null, optional</td>' in html
    assert "<td>map to number</td>" in html
    assert "<p>ok or rejected or degraded</p>" in html
    assert '<th scope="row">304</th>' in html
    assert "<code>If-None-Match</code>" in html
    assert 'events <span class="small">text/event-stream</span>' in html


async def test_words_of_the_document_are_no_markup() -> None:
    app = FastAPI(docs_url=None)

    @app.get("/x", description="<script>1</script> & `<b>`")
    async def _() -> None:
        """Described above."""

    app.openapi()["components"] = {"schemas": {}}
    docs_page.install(app)
    html = (await get(app)).text
    assert "<p>&lt;script&gt;1&lt;/script&gt; &amp; <code>&lt;b&gt;</code></p>" in html
    assert "<script" not in html


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_the_page_needs_no_key(method: str, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("")
    app = application(FakeStages(), api={"keys_file": tmp_path / "keys"})
    async with client_of(app) as client:
        assert (await client.request(method, "/docs")).status_code == 200
