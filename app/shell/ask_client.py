"""Clients: a server over HTTP, or the graph in this process, without Ray."""

import asyncio
import os
import re
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
from app.core.values import Article, BranchResult, Digest

if TYPE_CHECKING:
    from app.models.device import Device
    from app.stages.registry import StageSpec

R = TypeVar("R", bound=BranchResult)
Ask = Callable[[str], Awaitable[Item]]
"""Requests the digest of a term.

Raises:
    ServerBusy: the server is overloaded or unreachable; a retry may succeed.
    DigestError: the digest failed, where the graph is in this process.
    ShellError: the server is not wiki-digest.
"""
LONGEST_RETRY_AFTER_S = 120.0
"""Upper bound of `Retry-After`, in seconds."""
LOCAL_CONCURRENCY = 4
"""Least concurrency in this process: some terms wait for the source while others compute."""
CONNECT_S = 10.0
"""Timeout of a connection, in seconds."""
PROBLEM_TYPES = "urn:wiki-digest:"
"""Prefix of the types of the app's own problems."""
_RETRY_STATUSES = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


async def ask_one(term: str, client: AbstractAsyncContextManager[Ask]) -> Item:
    """The item of one term, without retries."""
    async with client as ask:
        try:
            return await ask(term)
        except ServerBusy as busy:
            return busy_item(term.strip(), busy)


@asynccontextmanager
async def open_client(
    server: str | None,
    settings: Settings,
    timeout_s: float,
    concurrency: int = 1,
    key: str | None = None,
) -> AsyncIterator[Ask]:
    """A client of `server`, with an API key, or of the graph in this process if there is none.

    Raises:
        ShellError: the server cannot be reached, or `key` cannot be sent.
        ConfigError, ModelError: something that the settings name does not exist.
    """
    client = over_http(server, timeout_s, concurrency, key) if server else in_process(settings)
    async with client as ask:

        async def checked(term: str) -> Item:
            try:
                return await ask(check_term(_utf8(term)))
            except DigestError as error:
                return Item(term=escaped(term), problem=Problem.of(error))

        yield checked


def busy_item(term: str, busy: ServerBusy) -> Item:
    """The item of a term whose retries are used up."""
    problem = Problem(type=busy.kind, title=busy.title, status=busy.status, detail=busy.detail)
    return Item(term=term, problem=problem)


def escaped(term: str) -> str:
    """The term as its item holds it: surrogates become backslash escapes."""
    return term.encode(errors="backslashreplace").decode()


def _utf8(term: str) -> str:
    if escaped(term) != term:
        raise BadTerm("the term is not UTF-8")
    return term


@asynccontextmanager
async def over_http(
    address: str, timeout_s: float, concurrency: int = 1, key: str | None = None
) -> AsyncIterator[Ask]:
    """A client of the server at `address`; an answer times out after `timeout_s` seconds."""
    try:
        client = httpx.AsyncClient(
            base_url=httpx.URL(address),
            timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, CONNECT_S), pool=None),
            limits=httpx.Limits(max_connections=concurrency),
            headers=authorization(key),
        )
    except httpx.InvalidURL as error:
        raise ShellError(f"--server {address}: {error}") from None
    async with client:
        if client.base_url.scheme not in {"http", "https"} or not client.base_url.host:
            raise ShellError(f"--server {address}: use the form http://HOST:PORT")
        await _check_reachable(client)
        yield partial(_get, client, timeout_s)


def authorization(key: str | None) -> dict[str, str]:
    """The header with an API key, if there is one.

    Raises:
        ShellError: no header can hold it; the messages of HTTP clients would show it.
    """
    if key is None:
        return {}
    if not re.fullmatch(r"[!-~]+", key):
        raise ShellError("--key: a key has ASCII letters, digits and signs only")
    return {"Authorization": f"Bearer {key}"}


def key_refused(server: str) -> ShellError:
    """The error for a 401 of `server`."""
    return ShellError(f"{server} wants another API key: set --key, or WIKI_DIGEST_KEY")


async def _check_reachable(client: httpx.AsyncClient) -> None:
    """Any answer is enough, whatever its status."""
    try:
        await client.get("-/healthz")
    except httpx.HTTPError as error:
        raise ShellError(_unreachable(client, error)) from None


def _unreachable(client: httpx.AsyncClient, error: httpx.HTTPError) -> str:
    return f"{_address(client)} cannot be reached: {error or type(error).__name__}"


def _address(client: httpx.AsyncClient) -> httpx.URL:
    """The address without its password, for messages."""
    return client.base_url.copy_with(userinfo=b"")


async def _get(client: httpx.AsyncClient, timeout_s: float, term: str) -> Item:
    try:
        async with asyncio.timeout(timeout_s):  # httpx's own timeout applies to each chunk
            response = await client.get("v1/digest", params={"term": term})
    except (TimeoutError, httpx.ReadTimeout):
        why = f"{_address(client)} took longer than {timeout_s:g} s"
        return _problem(term, 504, "Too slow", why)
    except httpx.HTTPError as error:
        raise ServerBusy(
            _unreachable(client, error), "Not reached", HTTPStatus.BAD_GATEWAY, "about:blank"
        ) from None
    item = _item(term, response, str(_address(client)))
    if response.status_code in _RETRY_STATUSES and (problem := item.problem):
        requested_s = retry_after_s(response.headers.get("Retry-After", ""))
        wait_s = min(requested_s, LONGEST_RETRY_AFTER_S)
        raise ServerBusy(problem.detail, problem.title, problem.status, problem.type, wait_s)
    return item


def _item(term: str, response: httpx.Response, address: str) -> Item:
    status = response.status_code
    if status == HTTPStatus.UNAUTHORIZED:
        raise key_refused(address)
    transient = response.is_server_error or status in _RETRY_STATUSES  # perhaps from a proxy
    with suppress(ValidationError):
        if response.is_success:
            return Item(term=term, digest=Digest.model_validate_json(response.content))
        problem = Problem.model_validate_json(response.content)
        if transient or problem.type.startswith(PROBLEM_TYPES):
            return Item(term=term, problem=problem)
    if transient:
        return _problem(term, status, "Failed", f"{address} answered with HTTP status {status}")
    raise ShellError(f"{address} is not a wiki-digest server (HTTP status {status})")


def _problem(term: str, status: int, title: str, detail: str) -> Item:
    problem = Problem(type="about:blank", title=title, status=status, detail=detail)
    return Item(term=term, problem=problem)


@asynccontextmanager
async def in_process(settings: Settings) -> AsyncIterator[Ask]:
    """A client of the graph in this process; the models run in threads.

    Raises:
        ConfigError, ModelError: something that the settings name does not exist.
    """
    from app.driver import Driver  # noqa: PLC0415 - models: only if there is no server
    from app.models.device import Device  # noqa: PLC0415
    from app.stages import source  # noqa: PLC0415
    from app.stages.base import Stages  # noqa: PLC0415
    from app.stages.registry import BRANCHES, GATE  # noqa: PLC0415

    device = Device(threads=os.cpu_count() or 1)
    articles = source.load(settings.source)
    try:
        gate = _in_thread(GATE, settings, device)
        branches = {spec.name: _in_thread(spec, settings, device) for spec in BRANCHES}
        driver = Driver(Stages(articles, gate, branches), settings)

        async def ask(term: str) -> Item:
            return Item(term=term, digest=await driver.digest(term))

        yield limited(ask, max(LOCAL_CONCURRENCY, device.threads))
    finally:
        articles.close()


def limited(ask: Ask, concurrency: int) -> Ask:
    """Limit concurrent calls of `ask`; a queued term's deadline has not started yet."""
    slots = asyncio.Semaphore(concurrency)

    async def one(term: str) -> Item:
        async with slots:
            return await ask(term)

    return one


def _in_thread(
    spec: "StageSpec[R]", settings: Settings, device: "Device"
) -> Callable[[Article], Awaitable[R]]:
    """Load a stage, to run in threads of this process."""
    stage = spec.load(settings, device)

    async def run(article: Article) -> R:
        results = await asyncio.to_thread(stage.run, [article])
        return results[0]

    return run
