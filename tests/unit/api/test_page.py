import re
from pathlib import Path
from string import Template

import httpx
import pytest

from app.api.limits import MAX_TERM
from app.api.page import FOLDER, POLICY
from app.stages.registry import BRANCHES, GATE
from tests.support.fakes import FakeStages, application, client_of, problem

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
STATIC = FOLDER / "static"
SCRIPTS = sorted(STATIC.glob("*.js"))


async def get(path: str, method: str = "GET", **headers: str) -> httpx.Response:
    async with client_of(application(FakeStages(), deadline_s=7)) as client:
        return await client.request(method, path, headers=headers)


@pytest.mark.parametrize("path", ["/", "/?term=ada", "/?search=ada"])
async def test_a_browser_gets_the_page(path: str) -> None:
    response = await get(path, **BROWSER)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "<title>wiki-digest</title>" in response.text


@pytest.mark.parametrize("accept", ["*/*", "application/json", ""])
async def test_clients_that_do_not_accept_html_get_the_classic_contract(accept: str) -> None:
    assert problem(await get("/", Accept=accept))["errors"][0]["where"] == "query.search_term"
    assert (await get("/?search_term=ada", Accept=accept)).json()["success"]


async def test_a_browser_with_search_term_gets_the_classic_contract() -> None:
    assert (await get("/?search_term=ada", **BROWSER)).json()["success"]


async def test_the_page_has_security_headers_and_varies_by_accept() -> None:
    headers = (await get("/", **BROWSER)).headers
    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["vary"] == "Accept"


async def test_the_page_contains_the_limits() -> None:
    html = (await get("/", **BROWSER)).text
    assert f'maxlength="{MAX_TERM}"' in html
    assert 'data-deadline-s="7.0"' in html
    assert "$" not in html


@pytest.mark.parametrize("name", [path.name for path in STATIC.iterdir()])
async def test_each_static_file_is_served_with_an_etag(name: str) -> None:
    response = await get(f"/web/{name}")
    assert response.status_code == 200
    assert response.headers["x-content-type-options"] == "nosniff"
    unchanged = await get(f"/web/{name}", **{"If-None-Match": response.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


@pytest.mark.parametrize(
    "path", ["/web/", "/web/none.js", "/web/../index.html", "/web/%2e%2e/index.html", "/web"]
)
async def test_other_paths_are_404(path: str) -> None:
    assert problem(await get(path))["status"] == 404


async def test_post_to_the_page_is_405() -> None:
    for path in ("/", "/web/page.js"):
        assert problem(await get(path, "POST", **BROWSER))["status"] == 405


def test_the_html_has_no_inline_code_or_styles() -> None:
    """The Content-Security-Policy forbids them."""
    html = (FOLDER / "index.html").read_text("utf-8")
    assert not re.search(r"<style|<script(?! type=\"module\" src=)| style=| on[a-z]+=", html)
    assert set(Template(html).get_identifiers()) == {"max_term", "deadline_s", "stages"}


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_writes_html(path: Path) -> None:
    """Text from outside must stay text."""
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", path.read_text()
    )


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_use_all_their_imports_and_all_modules_exist(path: Path) -> None:
    text = path.read_text("utf-8")
    for names, module in re.findall(r'import \{ (.+?) \} from "\./(.+?)";', text):
        assert (STATIC / module).is_file()
        for name in names.split(", "):
            assert len(re.findall(rf"\b{name}\b", text)) > 1, name


async def test_the_page_lists_the_stages_of_the_registry_in_order() -> None:
    html = (await get("/", **BROWSER)).text
    listed = re.findall(r'data-stage="(\w+)" data-role="(\w+)" data-field="(\w*)"', html)
    assert listed == [
        ("source", "source", ""),
        (GATE.name, "gate", GATE.field),
        *((branch.name, "branch", branch.field) for branch in BRANCHES),
    ]
