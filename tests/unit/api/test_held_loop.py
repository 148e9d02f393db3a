"""No request holds the event loop for long: others are answered between its steps."""

import asyncio
import json

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.limits import MAX_QUERY_BYTES, MAX_TERMS
from tests.support.fakes import ENTITIES, FakeStages, application, client_of
from tests.support.passes import Passes
from tests.support.work import reference_s
from tests.unit.api.test_hostile_requests import JSON, READ, REFUSED, largest

HELD_S = 0.05
TASKS = 3
"""Reference tasks that take as long on a machine of 2024; a slower machine has their time."""
TIMES = 3
NAMES = 500
"""More than an article of the greatest length has."""
TERMS = [f"term {n}" for n in range(MAX_TERMS)]
PATHS = {
    "the document": "/openapi.json",
    "the page": "/",
    "the document for readers": "/docs",
    "a long query": "/v1/digest?term=" + "a" * (MAX_QUERY_BYTES - 5),
    "many names": "/v1/digest?" + "&".join(f"a{n}=" for n in range(MAX_QUERY_BYTES // 6)),
    "half an encoded sign": "/v1/digest?term=" + "%F" * (MAX_QUERY_BYTES // 2 - 5),
    "a stream": "/v1/digest/stream?term=ada",
}
BODIES = {
    **{name: largest(template, unit) for name, (template, unit, _) in REFUSED.items()},
    **{name: largest(template, unit) for name, (template, unit) in READ.items()},
    "the most terms": json.dumps({"terms": TERMS}).encode(),
}


async def held_s(app: ASGIApp, path: str, body: bytes | None = None) -> float:
    """The CPU time of the longest step of a request, the least of some times."""
    found = []
    async with client_of(app) as client:
        for _ in range(TIMES):
            async with Passes() as passes:
                request = client.get(path) if body is None else post(client, path, body)
                await asyncio.create_task(request)
            found.append(passes.longest_s)
    return min(found)


async def post(client: httpx.AsyncClient, path: str, body: bytes) -> httpx.Response:
    return await client.post(path, content=body, headers=JSON)


async def test_an_app_that_holds_the_loop_is_seen() -> None:
    async def work(scope: Scope, receive: Receive, send: Send) -> None:
        for _ in range(2 * TASKS):
            reference_s()
        await PlainTextResponse()(scope, receive, send)

    assert await held_s(work, "/") > TASKS * reference_s()


def most_s() -> float:
    return max(HELD_S, TASKS * reference_s())


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
async def test_no_path_holds_the_loop(path: str) -> None:
    app = application(FakeStages())
    app.openapi()  # as the ingress has it at its start
    assert await held_s(app, path) < most_s()


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_no_body_holds_the_loop(body: bytes) -> None:
    assert await held_s(application(FakeStages()), "/v1/digests", body) < most_s()


def stages_of_long_digests() -> FakeStages:
    stages = FakeStages()
    named = tuple(ENTITIES.items[0].model_copy(update={"text": f"Ada {n}"}) for n in range(NAMES))
    stages.entities.result = ENTITIES.model_copy(update={"items": named})
    return stages


@pytest.mark.parametrize("last", [TERMS[-1], "nothing"], ids=["all", "all but one"])
async def test_many_long_digests_that_are_remembered_do_not_hold_the_loop(last: str) -> None:
    body = json.dumps({"terms": [*TERMS[:-1], last]}).encode()
    assert await held_s(application(stages_of_long_digests()), "/v1/digests", body) < most_s()


async def test_a_long_stream_that_is_remembered_does_not_hold_the_loop() -> None:
    app = application(stages_of_long_digests())
    assert await held_s(app, PATHS["a stream"]) < most_s()
