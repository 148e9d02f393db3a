"""An open load: requests leave when they are due, whatever becomes of earlier ones."""

import asyncio
import itertools
import json
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, NamedTuple, Self

import aiohttp

from tests.chaos.losses import Answer, Losses

CLIENTS = 200
PATIENCE_S = 60.0
"""Seconds from the time that a request is due; one without an answer by then is lost."""
COMPLETE = frozenset({"ok", "rejected"})

Ask = Callable[[aiohttp.ClientSession, str], Awaitable[str]]
"""Sends a request for a term; returns the digest's status, or what is wrong with the answer."""


class Stream(NamedTuple):
    """Requests for these terms, so many a second."""

    name: str
    per_s: float
    terms: Iterator[str]


async def get_digest(session: aiohttp.ClientSession, term: str) -> str:
    """One digest as JSON."""
    async with session.get("/v1/digest", params={"term": term}) as response:
        return _status(response, await response.text())


async def post_digests(session: aiohttp.ClientSession, term: str) -> str:
    """One digest of a list. It leaves on a connection that was open already, if there is one."""
    async with session.post("/v1/digests", json={"terms": [term]}) as response:
        text = await response.text()
        if response.status != 200:
            return _status(response, text)
        (item,) = json.loads(text)["items"]
        return str((item["digest"] or item["problem"])["status"])


async def stream_digest(session: aiohttp.ClientSession, term: str) -> str:
    """One digest as the last of several events; without it, the stream was broken off."""
    async with session.get("/v1/digest/stream", params={"term": term}) as response:
        if response.status != 200:
            return _status(response, await response.text())
        events = (await response.text()).strip().split("\n\n")
        fields = dict(line.partition(": ")[::2] for line in events[-1].splitlines())
        if fields.get("event") != "digest":
            return f"stream ended with {fields.get('event') or 'nothing'}"
        return str(json.loads(fields["data"])["status"])


def _status(response: aiohttp.ClientResponse, text: str) -> str:
    if response.content_type != "application/json":
        return f"{response.status} {text[:80]!r}"
    return str(json.loads(text)["status"])


WAYS: tuple[Ask, ...] = (get_digest, post_digests, stream_digest)


class OpenLoad:
    """Sends these streams from entry to exit, in a thread of its own; `losses` has every answer.

    Each of `CLIENTS` keeps a connection open and sends in turn, by all of `ways`. A client that
    still waits for an answer sends its next request on another connection.
    """

    def __init__(
        self, address: str, host: str, *streams: Stream, ways: tuple[Ask, ...] = WAYS
    ) -> None:
        self._address, self._host = address, host
        self._streams, self._ways = streams, ways
        self._ended = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self.losses = Losses(COMPLETE)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def answered(self) -> int:
        """Requests whose answer, or loss, is known."""
        return len(self.losses.answers)

    async def _run(self) -> None:
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
            clients = [await stack.enter_async_context(self._client()) for _ in range(CLIENTS)]
            turns = zip(itertools.cycle(clients), itertools.cycle(self._ways), strict=False)
            for stream in self._streams:
                group.create_task(self._send(stream, turns, group))

    def _client(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            self._address,
            headers={"Host": self._host},
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=PATIENCE_S),
        )

    async def _send(
        self,
        stream: Stream,
        turns: Iterator[tuple[aiohttp.ClientSession, Ask]],
        group: asyncio.TaskGroup,
    ) -> None:
        async for due, term in self._due(stream):
            session, ask = next(turns)
            group.create_task(self._ask(session, ask, Request(stream.name, term, due)))

    async def _due(self, stream: Stream) -> AsyncIterator[tuple[float, str]]:
        start = time.monotonic()
        for n, term in enumerate(stream.terms):
            due = start + n / stream.per_s
            await asyncio.sleep(due - time.monotonic())
            if self._ended.is_set():
                return
            yield due, term

    async def _ask(self, session: aiohttp.ClientSession, ask: Ask, request: "Request") -> None:
        try:
            status = await ask(session, request.term)
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError) as error:
            status = type(error).__name__
        now = time.monotonic()
        way = f"{request.stream}, {ask.__name__}"
        self.losses.add(Answer(way, status, request.due, now))


class Request(NamedTuple):
    """A request of a stream; `due` is a time of the monotonic clock."""

    stream: str
    term: str
    due: float


def capacity(terms: Iterator[str], address: str, host: str, seconds: float) -> float:
    """Answers a second for eight clients that each ask as soon as they have an answer."""
    return asyncio.run(_capacity(terms, address, host, seconds))


async def _capacity(terms: Iterator[str], address: str, host: str, seconds: float) -> float:
    ended = time.monotonic() + seconds
    answered = 0

    async def client(session: aiohttp.ClientSession) -> None:
        nonlocal answered
        while time.monotonic() < ended:
            assert await get_digest(session, next(terms)) in COMPLETE
            answered += 1

    options: dict[str, Any] = {"headers": {"Host": host}}
    async with aiohttp.ClientSession(address, **options) as session, asyncio.TaskGroup() as group:
        for _ in range(8):
            group.create_task(client(session))
    return answered / seconds
