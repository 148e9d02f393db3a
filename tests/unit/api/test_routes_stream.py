import asyncio
import json
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import pytest
from fastapi import FastAPI

from app.core.errors import StageFailed
from app.core.values import Digest
from tests.support.fakes import (
    ENTITIES,
    NEGATIVE_TONE,
    SUMMARY,
    TONE,
    FakeStages,
    application,
    article,
    client_of,
    problem,
    with_timeout,
)

PATH = "/v1/digest/stream?term="


class Event(NamedTuple):
    """A server-sent event."""

    name: str
    data: Any


def parse(text: str) -> list[Event]:
    """Return the events in a complete or partial stream."""
    blocks = [block.split("\n") for block in text.split("\n\n") if block]
    fields = [dict(line.split(": ", 1) for line in block) for block in blocks]
    assert [field.keys() for field in fields] == [{"event", "data"}] * len(fields)
    return [Event(field["event"], json.loads(field["data"])) for field in fields]


async def stream(stages: FakeStages, term: str = "ada", **digest: Any) -> list[Event]:
    """Read a stream to its end."""
    async with client_of(application(stages, **digest)) as client:
        return parse((await with_timeout(client.get(PATH + term))).text)


def stage_names(events: list[Event]) -> list[str]:
    """Return the stages of the events `stage`, in order."""
    return [event.data["stage"] for event in events if event.name == "stage"]


class Connection:
    """An ASGI client that reads messages as they are sent; set `gone` to disconnect.

    `httpx.ASGITransport` returns a response only once it is complete.
    """

    def __init__(self) -> None:
        self.gone = asyncio.Event()
        self._requested = False
        self._sent: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()

    async def receive(self) -> MutableMapping[str, Any]:
        if not self._requested:
            self._requested = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        await self._sent.put(message)

    async def next(self) -> MutableMapping[str, Any]:
        return await with_timeout(self._sent.get())

    async def next_event(self) -> Event:
        (event,) = parse((await self.next())["body"].decode())
        return event


@asynccontextmanager
async def connected(app: FastAPI) -> AsyncIterator[tuple[Connection, asyncio.Task[None]]]:
    """Open a stream; yield the connection and the task that serves it."""
    connection = Connection()
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/v1/digest/stream",
        "raw_path": b"/v1/digest/stream",
        "query_string": b"term=ada",
        "root_path": "",
        "headers": [],
        "client": ("127.0.0.1", 1),
        "server": ("test", 80),
    }
    task = asyncio.create_task(app(scope, connection.receive, connection.send))
    try:
        assert (await connection.next())["status"] == 200
        yield connection, task
    finally:
        connection.gone.set()
        await with_timeout(asyncio.wait([task]))


async def probe_status(app: FastAPI) -> int:
    """Return the status of another request now."""
    async with client_of(app) as client:
        response = await with_timeout(client.get("/v1/digest?term=nothing"))
    return response.status_code


async def test_a_stream_has_an_event_for_each_stage_and_ends_with_the_digest() -> None:
    events = await stream(FakeStages())
    assert [event.name for event in events] == ["stage"] * 4 + ["digest"]
    stages = stage_names(events)
    assert (stages[:2], set(stages[2:])) == (["source", "sentiment"], {"summarizer", "entities"})


async def test_a_stage_event_has_the_result_of_its_stage() -> None:
    events = await stream(FakeStages())
    results = {e.data["stage"]: e.data["result"] for e in events if e.name == "stage"}
    assert results == {
        "source": article("ada").heading.model_dump(mode="json"),
        "sentiment": TONE.model_dump(mode="json"),
        "summarizer": SUMMARY.model_dump(mode="json"),
        "entities": ENTITIES.model_dump(mode="json"),
    }


async def test_the_last_event_is_the_whole_digest() -> None:
    events = await stream(FakeStages())
    digest = Digest.model_validate(events[-1].data)
    assert (digest.status, digest.tone, digest.summary) == ("ok", TONE, SUMMARY)
    assert digest.ms == {e.data["stage"]: e.data["ms"] for e in events if e.name == "stage"}


async def test_a_stream_forbids_caching_and_buffering() -> None:
    async with client_of(application(FakeStages())) as client:
        response = await with_timeout(client.get(f"{PATH}ada"))
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["x-accel-buffering"] == "no"


async def test_a_rejected_article_ends_the_stream_after_the_gate() -> None:
    stages = FakeStages()
    stages.sentiment.result = NEGATIVE_TONE
    events = await stream(stages)
    assert stage_names(events) == ["source", "sentiment"]
    assert (events[-1].name, events[-1].data["status"]) == ("digest", "rejected")


async def test_the_event_of_a_failed_stage_has_no_result() -> None:
    stages = FakeStages()
    stages.entities.result = ValueError("password: hunter2")
    events = await stream(stages)
    results = {e.data["stage"]: e.data["result"] for e in events if e.name == "stage"}
    assert results["entities"] is None
    assert (events[-1].name, events[-1].data["status"]) == ("digest", "degraded")
    assert "hunter2" not in str(events)


async def test_a_stream_without_an_article_ends_with_a_problem() -> None:
    events = await stream(FakeStages(), "nothing")
    assert [event.name for event in events] == ["stage", "problem"]
    assert events[-1].data["type"] == "urn:wiki-digest:no-article"
    assert (events[-1].data["status"], events[-1].data["suggestions"]) == (404, ["Something"])


async def test_a_stream_whose_gate_fails_ends_with_a_problem() -> None:
    stages = FakeStages()
    stages.sentiment.result = StageFailed("no batch could be made", "sentiment")
    events = await stream(stages)
    assert [event.name for event in events] == ["stage", "stage", "problem"]
    assert (events[-1].data["stage"], events[-1].data["detail"]) == (
        "sentiment",
        "no batch could be made",
    )


async def test_a_stream_that_times_out_ends_with_a_problem() -> None:
    stages = FakeStages()
    stages.sentiment.may_answer.clear()
    events = await stream(stages, deadline_s=1)
    assert stage_names(events) == ["source", "sentiment"]
    assert events[-1].data["type"] == "urn:wiki-digest:deadline-exceeded"


async def test_an_unexpected_error_ends_the_stream_with_a_problem() -> None:
    async def broken(_: str) -> Any:
        return object()

    events = await stream(FakeStages(broken))
    assert events[-1].name == "problem"
    assert (events[-1].data["type"], events[-1].data["status"]) == ("about:blank", 500)
    assert "object" not in str(events)


async def test_line_breaks_in_results_do_not_break_events() -> None:
    stages = FakeStages()
    text = "One.\n\nevent: digest\ndata: {}\r\n\u2028🦆"
    stages.summarizer.result = SUMMARY.model_copy(update={"text": text})
    assert (await stream(stages))[-1].data["summary"]["text"] == text


async def test_an_invalid_term_is_a_problem_instead_of_a_stream() -> None:
    async with client_of(application(FakeStages())) as client:
        assert problem(await with_timeout(client.get(PATH)))["status"] == 422


async def test_events_are_sent_as_they_happen() -> None:
    stages = FakeStages()
    delayed = [stages.sentiment, stages.summarizer, stages.entities]
    for stage in delayed:
        stage.may_answer.clear()
    async with connected(application(stages)) as (connection, _):
        assert (await connection.next_event()).data["stage"] == "source"
        for stage, name in zip(delayed, ["sentiment", "summarizer", "entities"], strict=True):
            stage.may_answer.set()
            assert (await connection.next_event()).data["stage"] == name
        assert (await connection.next_event()).name == "digest"


async def test_a_disconnect_cancels_the_work_and_frees_its_slot() -> None:
    stages = FakeStages()
    branches = [stages.summarizer, stages.entities]
    for stage in branches:
        stage.may_answer.clear()
    app = application(stages, max_concurrent=1)
    async with connected(app) as (connection, task):
        for stage in branches:
            await with_timeout(stage.started.wait())
        assert await probe_status(app) == 503
        connection.gone.set()
        for stage in branches:
            await with_timeout(stage.ended.wait())
        await with_timeout(task)
    assert [stage.cancelled for stage in branches] == [1, 1]
    assert await probe_status(app) == 404


async def test_cancelling_a_stream_cancels_the_work_and_frees_its_slot() -> None:
    """Serve cancels the task when a client disconnects."""
    stages = FakeStages()
    stages.sentiment.may_answer.clear()
    app = application(stages, max_concurrent=1)
    async with connected(app) as (_, task):
        await with_timeout(stages.sentiment.started.wait())
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await with_timeout(task)
        await with_timeout(stages.sentiment.ended.wait())
    assert stages.sentiment.cancelled == 1
    assert await probe_status(app) == 404


async def test_a_stream_holds_its_slot_until_it_ends() -> None:
    stages = FakeStages()
    stages.entities.may_answer.clear()
    app = application(stages, max_concurrent=1)
    async with connected(app) as (_, task):
        await with_timeout(stages.entities.started.wait())
        assert await probe_status(app) == 503
        stages.entities.may_answer.set()
        await with_timeout(task)
        assert await probe_status(app) == 404


async def test_a_cached_stream_is_sent_at_once() -> None:
    """A server that dies cannot break it off between events."""
    app = application(FakeStages())
    async with client_of(app) as client:
        await with_timeout(client.get(PATH + "ada"))
    async with connected(app) as (connection, _):
        message = await connection.next()
    assert not message.get("more_body", False)
    events = parse(message["body"].decode())
    assert [event.name for event in events] == ["stage"] * 4 + ["digest"]
    assert stage_names(events)[:2] == ["source", "sentiment"]


async def test_a_cached_stream_says_what_the_first_one_did() -> None:
    stages = FakeStages()
    async with client_of(application(stages)) as client:
        first, again = [await with_timeout(client.get(PATH + "ada")) for _ in range(2)]
    told = [
        [(event.name, {**event.data, "ms": 0, "cached": 0}) for event in parse(one.text)]
        for one in (first, again)
    ]
    assert told[0] == told[1]
    assert first.headers == again.headers
    assert stages.summarizer.calls == 1
