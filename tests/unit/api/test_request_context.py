import json
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from app.api.request_context import RequestContext, WithContext, current
from app.core.tracing import trace_id
from tests.support.fakes import (
    FakeStages,
    application,
    client_of,
    with_timeout,
)

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
ADA = "/v1/digest?term=ada"


class Seen:
    """The API, and the context and id of each request as the server around it sees them."""

    def __init__(self, stages: FakeStages | None = None, **digest: Any) -> None:
        self._api = application(stages or FakeStages(), **digest)
        self.contexts: list[RequestContext] = []
        self.headers: list[bytes] = []
        self.traces: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.headers += [value for name, value in scope["headers"] if name == b"x-request-id"]
        await self._api(scope, receive, send)
        self.traces.append(trace_id())
        context = current()
        assert context
        self.contexts.append(context)

    async def ask(self, path: str, **request: Any) -> httpx.Response:
        request.setdefault("method", "GET")
        app: Any = WithContext(self)
        async with client_of(app) as client:
            return await with_timeout(client.request(url=path, **request))


async def test_a_request_keeps_its_valid_id() -> None:
    seen = Seen()
    await seen.ask(ADA, headers={"X-Request-Id": "mine"})
    assert (seen.headers, seen.contexts[0].id) == ([b"mine"], "mine")


@pytest.mark.parametrize("given", [[], ["not valid"], ["two", "ids"]])
async def test_any_other_request_gets_one_id_in_its_header(given: list[str]) -> None:
    seen = Seen()
    for _ in range(2):
        await seen.ask(ADA, headers=[("X-Request-Id", one) for one in given])
    assert seen.headers == [context.id.encode() for context in seen.contexts]
    assert len(set(seen.headers) - {one.encode() for one in given}) == 2


async def test_a_request_has_the_trace_of_its_header() -> None:
    seen = Seen()
    for header, trace in ((f"00-{TRACE}-00f067aa0ba902b7-01", TRACE), ("none", "")):
        await seen.ask(ADA, headers={"traceparent": header})
        assert seen.traces.pop() == trace


async def test_there_is_no_context_after_the_request() -> None:
    await Seen().ask(ADA)
    assert current() is None


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/digest?term=nothing", 404),
        ("/v1/digest?term=", 422),
        ("/nowhere", 404),
        (f"/v1/digest?term={20_000 * 'x'}", 414),
    ],
)
async def test_a_problem_names_its_request(path: str, status: int) -> None:
    response = await Seen().ask(path, headers={"X-Request-Id": "mine"})
    assert response.status_code == status
    assert response.json()["instance"] == "urn:wiki-digest:request:mine"


async def test_problems_in_an_answer_name_their_request() -> None:
    """Of many terms, and of a stream."""
    mine, body = {"X-Request-Id": "mine"}, {"terms": ["ada", "nothing"]}
    many = await Seen().ask("/v1/digests", method="POST", json=body, headers=mine)
    stream = await Seen().ask("/v1/digest/stream?term=nothing", headers=mine)
    last = json.loads(stream.text.strip().rpartition("data: ")[2])
    for problem in (many.json()["items"][1]["problem"], last):
        assert problem["instance"] == "urn:wiki-digest:request:mine"


async def test_an_unexpected_error_names_its_request() -> None:
    stages = FakeStages(source=_broken)
    for path in (ADA, "/v1/digest/stream?term=ada"):
        response = await Seen(stages).ask(path, headers={"X-Request-Id": "mine"})
        assert "urn:wiki-digest:request:mine" in response.text


async def _broken(_: str) -> Any:
    raise KeyboardInterruptError


class KeyboardInterruptError(Exception):
    """Not one of the application's."""


async def test_the_log_is_told_what_becomes_of_a_request() -> None:
    """Outcomes are tested in test_outcomes."""
    seen = Seen()
    await seen.ask("/v1/digest?term=nothing")
    assert seen.contexts[0].fields() == {"outcome": "no-article"}
