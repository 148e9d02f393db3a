import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI, Request

from app.api import problems
from app.api.middleware import SizeLimits
from tests.support.fakes import FakeStages, application, client_of, problem, with_timeout
from tests.support.passes import Passes

JSON = {"content-type": "application/json"}
MEGABYTE = 1_000_000
SHORT_S = 0.05


async def post(body: bytes | AsyncIterator[bytes], **headers: str) -> httpx.Response:
    async with client_of(application(FakeStages())) as client:
        return await with_timeout(client.post("/v1/digests", content=body, headers=JSON | headers))


async def chunked(size: int) -> AsyncIterator[bytes]:
    """A body of `size` spaces without a Content-Length."""
    for _ in range(size // 1000):
        yield b" " * 1000


async def single_bytes() -> AsyncIterator[bytes]:
    """A body that never ends, one byte at a time."""
    while True:
        await asyncio.sleep(SHORT_S / 10)
        yield b" "


async def silence() -> AsyncIterator[bytes]:
    """A body that never comes."""
    await asyncio.Event().wait()
    yield b""


def echo(seconds: float = SHORT_S) -> FastAPI:
    """An application with a short limit, whose answer comes after it."""
    app = FastAPI()
    app.add_middleware(SizeLimits, limit=1000, seconds=seconds)
    problems.install(app)

    @app.post("/")
    async def answer(request: Request) -> str:
        body = await request.body()
        await asyncio.sleep(2 * seconds)
        return f"{body.decode()} {await request.is_disconnected()}"

    return app


async def test_a_content_length_over_the_limit_is_413() -> None:
    assert problem(await post(b" " * MEGABYTE))["status"] == 413


async def test_a_chunked_body_over_the_limit_is_413() -> None:
    assert problem(await post(chunked(MEGABYTE)))["status"] == 413


@pytest.mark.parametrize("body", [silence, single_bytes])
async def test_a_body_that_is_not_complete_in_time_is_408_and_closes_the_connection(
    body: type[AsyncIterator[bytes]],
) -> None:
    async with client_of(echo()) as client:
        response = await with_timeout(client.post("/", content=body()))
    assert problem(response)["status"] == 408
    assert problem(response)["detail"] == "the body did not arrive within 0.05 s"
    assert response.headers["connection"] == "close"


async def test_the_time_limit_is_for_the_body_alone() -> None:
    async with client_of(echo(SHORT_S * 20)) as client:
        response = await with_timeout(client.post("/", content=b"ada"))
    assert response.json() == "ada False"


@pytest.mark.parametrize("coding", ["gzip", "br", "gzip, identity", "x" * 1000])
async def test_a_compressed_body_is_415(coding: str) -> None:
    found = problem(await post(b'{"terms": ["ada"]}', **{"content-encoding": coding}))
    assert found["status"] == 415
    assert coding[:20] in found["detail"]


async def test_an_identity_coding_is_accepted() -> None:
    response = await post(b'{"terms": ["ada"]}', **{"content-encoding": "Identity"})
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("path", "accept", "status"),
    [
        ("/", "text/html", 200),
        ("/?search_term=ada", "*/*", 200),
        ("/v1/digest?term=ada", "*/*", 200),
        ("/v1/digest/stream?term=ada", "*/*", 200),
        ("/v1/digest?term=nothing", "*/*", 404),
        ("/v1/digests", "*/*", 405),
        ("/web/page.js", "*/*", 200),
    ],
)
async def test_head_answers_like_get_without_the_body(path: str, accept: str, status: int) -> None:
    async with client_of(application(FakeStages())) as client:
        head = await with_timeout(client.head(path, headers={"Accept": accept}))
        got = await with_timeout(client.get(path, headers={"Accept": accept}))
    assert (head.status_code, head.content) == (status, b"")
    assert head.headers.keys() == got.headers.keys()
    assert head.headers["content-type"] == got.headers["content-type"]


async def parsed(size: int, times: int) -> list[int]:
    """The passes of the loop in which so many bodies of a client are read to their ends."""
    found: list[int] = []
    app = FastAPI()
    app.add_middleware(SizeLimits, limit=2_000)

    @app.post("/")
    async def _(request: Request) -> None:
        await request.body()
        found.append(passes.now)

    async with Passes() as passes, client_of(app) as client:
        sent = (client.post("/", content=b" " * size) for _ in range(times))
        await with_timeout(asyncio.gather(*sent))
    return found


@pytest.mark.parametrize("size", [1, 2_000])
async def test_of_a_clients_bodies_one_is_parsed_in_a_pass_of_the_loop(size: int) -> None:
    assert len(set(await parsed(size, times=9))) == 9
