from pathlib import Path

import httpx
import pytest

from tests.support.fakes import FakeStages, application, client_of, problem, with_timeout

ADA = "/v1/digest?term=ada"
ORIGIN = "https://a.test"
ALLOWED = "access-control-allow-origin"


async def send(
    *origins: str, method: str = "GET", path: str = ADA, keys: Path | None = None, **headers: str
) -> httpx.Response:
    """The answer to a page of `ORIGIN`, where these origins are allowed."""
    sent = {"origin": ORIGIN} | {name.replace("_", "-"): value for name, value in headers.items()}
    api = {"cors_origins": origins, "keys_file": keys}
    async with client_of(application(FakeStages(), api=api)) as client:
        return await with_timeout(client.request(method, path, headers=sent))


async def preflight(*origins: str, keys: Path | None = None, asked: str = "") -> httpx.Response:
    """The answer to a browser that asks, without a key, whether it may send these headers."""
    return await send(
        *origins,
        method="OPTIONS",
        path="/v1/digests",
        keys=keys,
        access_control_request_method="POST",
        access_control_request_headers=asked,
    )


async def test_no_origin_is_allowed_by_default() -> None:
    assert ALLOWED not in (await send()).headers
    assert problem(await preflight())["status"] == 405


@pytest.mark.parametrize("origins", [(ORIGIN,), ("https://b.test", ORIGIN), ("*",)])
async def test_a_page_of_an_allowed_origin_may_read_the_answer(origins: tuple[str, ...]) -> None:
    headers = (await send(*origins)).headers
    assert headers[ALLOWED] == ("*" if "*" in origins else ORIGIN)
    assert (
        headers["access-control-expose-headers"]
        == "ETag, Retry-After, WWW-Authenticate, X-Request-Id"
    )
    assert "access-control-allow-credentials" not in headers


@pytest.mark.parametrize(
    "origins", [("https://b.test",), ("http://a.test",), ("https://a.test:1",)]
)
async def test_a_page_of_another_origin_may_not(origins: tuple[str, ...]) -> None:
    assert ALLOWED not in (await send(*origins)).headers
    assert ALLOWED not in (await preflight(*origins)).headers


async def test_a_page_of_an_allowed_origin_may_send_a_key_and_terms(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("")
    asked = "authorization, content-type, if-none-match"
    response = await preflight(ORIGIN, keys=tmp_path / "keys", asked=asked)
    assert response.status_code == 200
    assert response.headers[ALLOWED] == ORIGIN
    assert response.headers["access-control-allow-methods"] == "GET, HEAD, POST"


@pytest.mark.parametrize("path", [ADA, "/v1/digest?term=nothing", "/v1/digest?trm=", "/none"])
async def test_a_page_may_read_problems_too(path: str, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("")
    assert (await send(ORIGIN, path=path)).headers[ALLOWED] == ORIGIN
    refused = await send(ORIGIN, path=path, keys=tmp_path / "keys")
    assert problem(refused)["status"] == 401
    assert refused.headers[ALLOWED] == ORIGIN
