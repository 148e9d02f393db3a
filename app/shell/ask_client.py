"""Who is asked: a server over HTTP, or the same graph in this process, without Ray."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

import httpx
from pydantic import ValidationError

from app.api.limits import check_term
from app.api.schemas import Item, Problem
from app.config.settings import Settings
from app.core.backoff import retry_after_s
from app.core.errors import BadTerm, DigestError, ServerBusy, ShellError
from app.core.values import Article, Digest, StageResult

if TYPE_CHECKING:
    from app.models.device import Device
    from app.stages.registry import StageSpec

R = TypeVar("R", bound=StageResult)
Ask = Callable[[str], Awaitable[Item]]
"""A term in, what became of it out.

Raises:
    ServerBusy: it could not be asked now; another try may do.
    DigestError: what becomes of the term, where the graph is in this process.
    ShellError: whoever was asked is no wiki-digest.
"""
LONGEST_RETRY_AFTER_S = 120.0
"""A longer `Retry-After` is taken for this."""
AT_ONCE_HERE = 4
"""Terms that this process works on at least: some wait for a source while others compute."""
CONNECT_S = 10.0
"""Seconds in which somebody has to be there at all."""
OURS = "urn:wiki-digest:"
"""How the types of our own problems begin."""
_COME_BACK = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


async def ask_one(term: str, who: AbstractAsyncContextManager[Ask]) -> Item:
    """What became of one term, in one try."""
    async with who as ask:
        try:
            return await ask(term)
        except ServerBusy as busy:
            return busy_item(term, busy)


@asynccontextmanager
async def open_client(
    server: str | None, settings: Settings, timeout_s: float, at_once: int = 1
) -> AsyncIterator[Ask]:
    """Asks `server`, or this process where there is none.

    Raises:
        ShellError: the server cannot be reached.
        ConfigError, ModelError: what the settings name is not there.
    """
    whom = over_http(server, timeout_s, at_once) if server else in_process(settings)
    async with whom as ask:

        async def checked(term: str) -> Item:
            try:
                return await ask(check_term(_text(term)))
            except DigestError as error:
                return Item(term=shown(term), problem=Problem.of(error))

        yield checked


def busy_item(term: str, busy: ServerBusy) -> Item:
    """The item of a term for which no retry is left."""
    problem = Problem(type=busy.kind, title=busy.title, status=busy.status, detail=busy.detail)
    return Item(term=term, problem=problem)


def shown(term: str) -> str:
    """The term as its item has it: what could be no text is spelled out."""
    return term.encode(errors="backslashreplace").decode()


def _text(term: str) -> str:
    if shown(term) != term:
        raise BadTerm("the term is not UTF-8")
    return term


@asynccontextmanager
async def over_http(address: str, timeout_s: float, at_once: int = 1) -> AsyncIterator[Ask]:
    """Asks the server at `address`, which has `timeout_s` seconds for each answer."""
    try:
        client = httpx.AsyncClient(
            base_url=httpx.URL(address),
            timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, CONNECT_S), pool=None),
            limits=httpx.Limits(max_connections=at_once),
        )
    except httpx.InvalidURL as error:
        raise ShellError(f"--server {address}: {error}") from None
    async with client:
        if client.base_url.scheme not in {"http", "https"} or not client.base_url.host:
            raise ShellError(f"--server {address}: give it as http://HOST:PORT")
        await _greet(client)
        yield partial(_get, client, timeout_s)


async def _greet(client: httpx.AsyncClient) -> None:
    """Whatever the answer: somebody is there."""
    try:
        await client.get("-/healthz")
    except httpx.HTTPError as error:
        raise ShellError(_unreachable(client, error)) from None


def _unreachable(client: httpx.AsyncClient, error: httpx.HTTPError) -> str:
    return f"{_address(client)} cannot be reached: {error or type(error).__name__}"


def _address(client: httpx.AsyncClient) -> httpx.URL:
    """What may be told: there may be a password in what was given."""
    return client.base_url.copy_with(userinfo=b"")


async def _get(client: httpx.AsyncClient, timeout_s: float, term: str) -> Item:
    try:
        async with asyncio.timeout(timeout_s):  # httpx would wait so long for each piece
            response = await client.get("v1/digest", params={"term": term})
    except (TimeoutError, httpx.ReadTimeout):
        why = f"{_address(client)} took longer than {timeout_s:g} s"
        return _problem(term, 504, "Too slow", why)
    except httpx.HTTPError as error:
        raise ServerBusy(
            _unreachable(client, error), "Not reached", HTTPStatus.BAD_GATEWAY, "about:blank"
        ) from None
    item = _item(term, response, str(_address(client)))
    if response.status_code in _COME_BACK and (problem := item.problem):
        told = retry_after_s(response.headers.get("Retry-After", ""))
        wait_s = min(told, LONGEST_RETRY_AFTER_S)
        raise ServerBusy(problem.detail, problem.title, problem.status, problem.type, wait_s)
    return item


def _item(term: str, response: httpx.Response, address: str) -> Item:
    status = response.status_code
    passing = response.is_server_error or status in _COME_BACK  # perhaps a proxy's before it
    with suppress(ValidationError):
        if response.is_success:
            return Item(term=term, digest=Digest.model_validate_json(response.content))
        problem = Problem.model_validate_json(response.content)
        if passing or problem.type.startswith(OURS):
            return Item(term=term, problem=problem)
    if passing:
        return _problem(term, status, "Failed", f"{address} answered with HTTP status {status}")
    raise ShellError(f"{address} does not answer as wiki-digest does (HTTP status {status})")


def _problem(term: str, status: int, title: str, detail: str) -> Item:
    problem = Problem(type="about:blank", title=title, status=status, detail=detail)
    return Item(term=term, problem=problem)


@asynccontextmanager
async def in_process(settings: Settings) -> AsyncIterator[Ask]:
    """Asks the stages themselves, with their models, in threads of this process.

    Raises:
        ConfigError, ModelError: what the settings name is not there.
    """
    from app.driver import Driver, Stages  # noqa: PLC0415 - models: only where there is no server
    from app.models.device import Device  # noqa: PLC0415
    from app.stages import source  # noqa: PLC0415
    from app.stages.registry import BRANCHES, GATE  # noqa: PLC0415

    device = Device(threads=os.cpu_count() or 1)
    found = source.load(settings.source)
    try:
        gate = _local(GATE, settings, device)
        branches = {spec.name: _local(spec, settings, device) for spec in BRANCHES}
        driver = Driver(Stages(found, gate, branches), settings)

        async def ask(term: str) -> Item:
            return Item(term=term, digest=await driver.digest(term))

        yield few(ask, max(AT_ONCE_HERE, device.threads))
    finally:
        found.close()


def few(ask: Ask, at_once: int) -> Ask:
    """`ask`, but with so many under way: a term's deadline begins with its turn, not in a queue."""
    places = asyncio.Semaphore(at_once)

    async def one(term: str) -> Item:
        async with places:
            return await ask(term)

    return one


def _local(
    spec: "StageSpec[R]", settings: Settings, device: "Device"
) -> Callable[[Article], Awaitable[R]]:
    """A stage with its model, in threads of this process."""
    stage = spec.load(settings, device)

    async def run(article: Article) -> R:
        results = await asyncio.to_thread(stage.run, [article])
        return results[0]

    return run
