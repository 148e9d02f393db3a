import re
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest

from tests.support.fakes import FakeStages, application, client_of, problem, with_timeout

ROOT = {"root_path": "/some/digests"}
FORWARDED = {"forwarded_prefix": True}
BROWSER = {"accept": "text/html"}
KEPT, REMOVED = "/some/digests", ""
"""What a request begins with if the proxy keeps the root path, or removes it."""


async def get(path: str, *headers: tuple[str, str], **api: object) -> httpx.Response:
    """The second answer, which is cached if it is a digest; `api` are settings."""
    async with client_of(application(FakeStages(), api=api)) as client:
        for _ in range(2):
            response = await with_timeout(client.get(path, headers=httpx.Headers([*headers])))
        return response


def servers(response: httpx.Response) -> list[str]:
    """The addresses of servers in an OpenAPI document."""
    return [server["url"] for server in response.json().get("servers", [])]


@pytest.mark.parametrize("kept", [KEPT, REMOVED])
async def test_a_proxy_may_remove_the_root_path(kept: str) -> None:
    digest = await get(f"{kept}/v1/digest?term=ada", **ROOT)
    assert digest.json()["cached"]
    assert (await get(f"{kept}/?search_term=ada", **ROOT)).json()["success"]
    assert problem(await get(f"{kept}/v1/none", **ROOT))["status"] == 404


@pytest.mark.parametrize("kept", [KEPT, REMOVED])
async def test_the_links_of_the_page_stay_below_the_root_path(kept: str) -> None:
    page = (await get(f"{kept}/", *BROWSER.items(), **ROOT)).text
    links = re.findall(r'(?:href|src|action)="([^"]+)"', page)
    seen = {urljoin(f"http://test{KEPT}/", link) for link in links}
    assert f"http://test{KEPT}/web/page.js" in seen
    for link in seen:
        assert link.startswith(f"http://test{KEPT}/")
        sent = link.removeprefix(f"http://test{KEPT}")
        assert (await get(kept + sent, *BROWSER.items(), **ROOT)).status_code == 200


@pytest.mark.parametrize(
    ("query", "location"), [("", "/some/digests/"), ("?term=a%20b", "/some/digests/?term=a%20b")]
)
async def test_the_root_path_redirects_to_itself_with_a_slash(query: str, location: str) -> None:
    """Links of the page are relative to it."""
    response = await get(f"{KEPT}{query}", *BROWSER.items(), **ROOT)
    assert (response.status_code, response.headers["location"]) == (307, location)


@pytest.mark.parametrize("kept", [KEPT, REMOVED])
async def test_openapi_names_the_root_path(kept: str) -> None:
    assert servers(await get(f"{kept}/openapi.json", **ROOT)) == [KEPT]


async def test_openapi_names_no_server_without_a_root_path() -> None:
    assert servers(await get("/openapi.json")) == []
    assert servers(await get("/openapi.json", **FORWARDED)) == []


async def test_a_path_that_only_begins_like_the_root_path_is_below_it() -> None:
    assert problem(await get("/some/digestsx/v1/digest?term=ada", **ROOT))["status"] == 404


async def test_keys_are_needed_below_the_root_path_and_the_page_is_open(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("")
    settings = {**ROOT, "keys_file": tmp_path / "keys"}
    for kept in (KEPT, REMOVED):
        assert problem(await get(f"{kept}/v1/digest?term=ada", **settings))["status"] == 401
        assert problem(await get(f"{kept}/?search_term=ada", **settings))["status"] == 401
        assert (await get(f"{kept}/web/page.js", **settings)).status_code == 200
        assert (await get(f"{kept}/", *BROWSER.items(), **settings)).status_code == 200


@pytest.mark.parametrize(
    ("given", "server"),
    [
        (["/a/b"], ["/a/b"]),
        (["/a/b/"], ["/a/b"]),
        (["/of-the-client", "/a"], ["/a"]),
        (["/of-the-client, /a"], ["/a"]),
        ([], ["/some/digests"]),
        ([""], ["/some/digests"]),
        (["/"], ["/some/digests"]),
        (["//evil.test"], ["/some/digests"]),
        (["https://evil.test"], ["/some/digests"]),
        (["/../a"], ["/some/digests"]),
        (["/a?b"], ["/some/digests"]),
        (["/a\tb"], ["/some/digests"]),
    ],
)
async def test_the_last_forwarded_prefix_has_precedence(
    given: list[str], server: list[str]
) -> None:
    headers = [("X-Forwarded-Prefix", value) for value in given]
    assert servers(await get("/openapi.json", *headers, **ROOT, **FORWARDED)) == server


async def test_a_forwarded_prefix_counts_where_it_is_trusted_only() -> None:
    header = ("X-Forwarded-Prefix", "/a")
    assert servers(await get("/openapi.json", header)) == []
    assert servers(await get("/openapi.json", header, **ROOT)) == [KEPT]
    assert servers(await get("/openapi.json", header, **FORWARDED)) == ["/a"]
    assert (await get("/a/v1/digest?term=ada", header, **FORWARDED)).json()["cached"]
    assert problem(await get("/a/v1/digest?term=ada", **FORWARDED))["status"] == 404
