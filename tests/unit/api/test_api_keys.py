"""The API with keys."""

import asyncio
import logging
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from app.core.errors import REFUSED_CLIENT
from tests.support.fakes import FakeStages, application, client_of, problem, with_timeout

SECRET, OTHER = "correct-horse", "battery-staple"
ADA = "/v1/digest?term=ada"
HTML = {"Accept": "text/html"}


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def written(file: Path, **keys: str) -> Path:
    """A file of keys by name."""
    lines = (f"{name}:{sha256(key.encode()).hexdigest()}\n" for name, key in keys.items())
    file.write_text("".join(lines), "utf-8")
    return file


def corrupt(file: Path) -> None:
    """Write a key in place of its hash."""
    file.write_text(SECRET, "utf-8")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return written(tmp_path / "keys", ann=SECRET, bob=OTHER)


@pytest.fixture
def app(file: Path) -> FastAPI:
    return application(FakeStages(), api={"keys_file": file})


async def test_a_request_without_a_key_does_not_count_against_its_address(app: FastAPI) -> None:
    """Others at the address may have one, and a 401 costs little."""
    response = await get(app, ADA)
    assert response.status_code == 401
    assert REFUSED_CLIENT not in response.headers


async def test_each_key_of_an_address_has_a_rate_of_its_own(file: Path) -> None:
    app = application(FakeStages(), api={"keys_file": file, "terms_per_minute": 1})
    keys = SECRET, SECRET, OTHER, OTHER
    statuses = [
        (await get(app, f"{ADA}{n}", **bearer(key))).status_code for n, key in enumerate(keys)
    ]
    assert statuses == [200, 429, 200, 429]


async def test_a_cached_stream_needs_a_key(app: FastAPI) -> None:
    for _ in range(2):
        stream = await get(app, "/v1/digest/stream?term=ada", **bearer(SECRET))
        assert stream.status_code == 200
    assert (await get(app, "/v1/digest/stream?term=ada")).status_code == 401


async def test_a_refused_client_is_named_by_its_address_not_by_its_key(file: Path) -> None:
    app = application(FakeStages(), api={"keys_file": file, "terms_per_minute": 1})
    refused = [await get(app, f"{ADA}{n}", **bearer(SECRET)) for n in range(2)][-1]
    assert refused.status_code == 429
    assert refused.headers[REFUSED_CLIENT] == "127.0.0.1"


async def get(app: FastAPI, path: str, **headers: str) -> httpx.Response:
    async with client_of(app) as client:
        return await with_timeout(client.get(path, headers=headers))


NEED_A_KEY = [
    ADA,
    "/?search_term=ada",
    "/",
    "/v1/digest/stream?term=ada",
    "/v1/suggestions",
    "/v1/models",
    "/nowhere",
    "/docs/nowhere",
    "/openapi.jsonl",
    "//v1/models",
]


@pytest.mark.parametrize("path", NEED_A_KEY)
async def test_a_request_without_a_key_is_401(app: FastAPI, path: str) -> None:
    response = await get(app, path)
    assert response.headers["www-authenticate"] == "Bearer"
    assert problem(response) == {
        "type": "urn:wiki-digest:key-needed",
        "title": "A key is needed",
        "status": 401,
        "detail": "A key is needed",
    }


@pytest.mark.parametrize(
    "given",
    ["", "Bearer", "Bearer ", "Basic Y29ycmVjdC1ob3JzZTo=", SECRET, "Bearer wrong", "Bearer ä"],
)
async def test_a_request_with_another_key_is_401(app: FastAPI, given: str) -> None:
    async with client_of(app) as client:
        headers = {b"Authorization": given.encode()}
        assert problem(await with_timeout(client.get(ADA, headers=headers)))["status"] == 401


@pytest.mark.parametrize("given", [f"Bearer {SECRET}", f"bearer  {SECRET}", f"Bearer {OTHER}"])
async def test_a_request_with_a_key_is_answered(app: FastAPI, given: str) -> None:
    for _ in range(2):  # the second is answered from the cache
        assert (await get(app, ADA, Authorization=given)).status_code == 200


async def test_a_cached_answer_needs_a_key_too(app: FastAPI) -> None:
    assert (await get(app, ADA, **bearer(SECRET))).status_code == 200
    assert (await get(app, ADA)).status_code == 401


async def test_a_body_is_not_read_before_the_key(app: FastAPI) -> None:
    async with client_of(app) as client:
        response = await with_timeout(client.post("/v1/digests", content=b"{"))
    assert problem(response)["status"] == 401


@pytest.mark.parametrize("path", ["/", "/?term=ada", "/web/page.js", "/openapi.json"])
async def test_the_page_and_the_document_need_no_key(app: FastAPI, path: str) -> None:
    assert (await get(app, path, **HTML)).status_code == 200


async def test_the_path_of_the_health_check_needs_no_key(app: FastAPI) -> None:
    """Serve answers it; here is no such path."""
    assert (await get(app, "/-/healthz")).status_code == 404


@pytest.mark.parametrize("path", ["/web/../v1/models", "/web/%2e%2e/v1/models", "/-/../v1/models"])
async def test_a_path_below_an_open_one_reaches_no_other(app: FastAPI, path: str) -> None:
    async with client_of(app) as client:
        request = client.build_request("GET", "/")
        request.url = request.url.copy_with(raw_path=path.encode())
        assert (await with_timeout(client.send(request))).status_code in {401, 404}


async def test_keys_are_replaced_without_a_restart(app: FastAPI, file: Path) -> None:
    assert (await get(app, ADA, **bearer(SECRET))).status_code == 200
    written(file, ann="next", bob=OTHER)
    statuses = [(await get(app, ADA, **bearer(key))).status_code for key in (SECRET, "next", OTHER)]
    assert statuses == [401, 200, 200]


async def test_without_keys_no_key_is_read() -> None:
    assert (await get(application(FakeStages()), ADA, **bearer("any"))).status_code == 200


async def test_a_client_is_its_key_wherever_it_is(file: Path) -> None:
    stages = FakeStages()
    stages.sentiment.may_answer.clear()
    app = application(stages, api={"keys_file": file}, max_concurrent=2)
    async with client_of(app) as client:
        first = asyncio.create_task(client.get(ADA, headers=bearer(SECRET)))
        await with_timeout(stages.sentiment.started.wait())
        refused = await with_timeout(client.get("/v1/digest?term=x", headers=bearer(SECRET)))
        assert problem(refused)["status"] == 429
        other = asyncio.create_task(client.get("/v1/digest?term=y", headers=bearer(OTHER)))
        await asyncio.sleep(0)
        stages.sentiment.may_answer.set()
        assert [(await with_timeout(task)).status_code for task in (first, other)] == [200, 200]


async def test_no_key_is_in_a_log_or_in_an_answer(
    app: FastAPI, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    paths = (ADA, ADA, "/v1/digest?term=nothing", "/nowhere", "/v1/digest?term=")
    keys = (SECRET, "wrong-key")
    seen = [await get(app, path, **bearer(key)) for key in keys for path in paths]
    corrupt(file)
    seen.append(await get(app, ADA, **bearer(SECRET)))
    assert "line 1 is not NAME:SHA256" in caplog.text
    shown = caplog.text + "".join(f"{response.headers} {response.text}" for response in seen)
    for secret in (SECRET, "wrong-key", sha256(SECRET.encode()).hexdigest()):
        assert secret not in shown
