import asyncio
from hashlib import sha256
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse, JSONResponse

from app.api.schemas import Item, Problem
from app.config.settings import Settings
from app.core.errors import ConfigError, NoArticle, ServerBusy, ShellError
from app.shell.ask_client import LONGEST_RETRY_AFTER_S, ask_one, limited, open_client
from devtools.server import free_port
from tests.support.fakes import (
    ENTITIES,
    SUMMARY,
    TONE,
    FakeStage,
    FakeStages,
    application,
    with_timeout,
)
from tests.support.faulty_server import FaultyServer, TricklingServer, answer
from tests.support.site import serving

NOWHERE = "http://127.0.0.1:{}"


async def ask(app: FastAPI, term: str = "Ada", timeout_s: float = 5) -> Item:
    """The item of a term, from a served application."""
    async with serving(app) as address, open_client(address, Settings(), timeout_s) as client:
        return await with_timeout(client(term))


def answering(response: Any) -> FastAPI:
    """A server with one response to every request."""
    app = FastAPI()
    app.add_api_route("/{path:path}", lambda: response)
    return app


def problem(item: Item) -> Problem:
    assert item.digest is None
    assert item.problem is not None
    return item.problem


async def test_a_digest_is_the_one_of_the_server_whatever_the_term() -> None:
    item = await ask(application(FakeStages()), "C++ & 100% Ada?")
    assert item.digest is not None
    assert (item.term, item.digest.title) == ("C++ & 100% Ada?", "C++ & 100% Ada?")
    assert (item.digest.tone, item.digest.summary) == (TONE, SUMMARY)
    assert item.digest.entities == ENTITIES


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """A file with the key `secret`."""
    file = tmp_path / "keys"
    file.write_text(f"ann:{sha256(b'secret').hexdigest()}", "utf-8")
    return file


async def test_a_key_is_sent(keys: Path) -> None:
    app = application(FakeStages(), api={"keys_file": keys})
    async with serving(app) as address:
        client = open_client(address, Settings(), 5, key="secret")
        assert (await with_timeout(ask_one("Ada", client))).digest


@pytest.mark.parametrize("key", [None, "wrong"])
async def test_without_a_valid_key_the_option_is_named(keys: Path, key: str | None) -> None:
    app = application(FakeStages(), api={"keys_file": keys})
    async with serving(app) as address:
        client = open_client(address, Settings(), 5, key=key)
        with pytest.raises(ShellError, match="set --key, or WIKI_DIGEST_KEY"):
            await with_timeout(ask_one("Ada", client))


@pytest.mark.parametrize("key", ["", "top secret", "gehörig", "secret\n"])
async def test_a_key_that_no_header_can_hold_is_not_shown(key: str) -> None:
    with pytest.raises(ShellError) as raised:
        await ask_one("Ada", open_client(NOWHERE.format(9), Settings(), 5, key=key))
    assert str(raised.value) == "--key: a key has ASCII letters, digits and signs only"


async def test_a_problem_keeps_its_suggestions() -> None:
    found = problem(await ask(application(FakeStages()), "nothing"))
    expected = Problem.of(NoArticle("nothing matches 'nothing'", ("Something",)))
    assert found.model_copy(update={"instance": ""}) == expected


@pytest.mark.parametrize("term", ["", " ", "x" * 201, "x" * 100_000, "a\x00b", "\ud800"])
async def test_an_invalid_term_is_a_problem_without_a_request(term: str) -> None:
    stages = FakeStages(FakeStage(AssertionError("called")))
    assert problem(await ask(application(stages), term)).type == "urn:wiki-digest:bad-term"


async def test_a_full_server_is_busy_with_its_status_and_retry_after() -> None:
    with pytest.raises(ServerBusy) as caught:
        await ask(full())
    assert caught.value.retry_after_s == 7
    assert caught.value.status == 503


def full(retry_after: str = "7") -> FastAPI:
    body = Problem(type="about:blank", title="Full", status=503, detail="no room")
    return answering(JSONResponse(body.model_dump(), 503, {"Retry-After": retry_after}))


async def test_a_long_retry_after_is_cut() -> None:
    with pytest.raises(ServerBusy) as caught:
        await ask(full("86400"))
    assert caught.value.retry_after_s == LONGEST_RETRY_AFTER_S


async def test_a_single_request_to_a_full_server_returns_its_problem() -> None:
    async with serving(full()) as address:
        item = await ask_one("Ada", open_client(address, Settings(), 5))
    assert problem(item).title == "Full"


async def test_a_server_that_stops_is_busy() -> None:
    stages = FakeStages()
    async with serving(application(stages)) as address:
        client = open_client(address, Settings(), 5)
        ask_server = await client.__aenter__()
        await with_timeout(ask_server("Ada"))
    with pytest.raises(ServerBusy) as caught:
        await with_timeout(ask_server("Ada"))
    await client.__aexit__(None, None, None)
    assert caught.value.title == "Not reached"


async def test_a_timeout_is_a_problem() -> None:
    stages = FakeStages()
    stages.sentiment.may_answer.clear()
    found = problem(await ask(application(stages), timeout_s=0.3))
    assert (found.status, found.title) == (504, "Too slow")


async def test_the_timeout_is_for_the_whole_answer_not_for_each_chunk() -> None:
    with TricklingServer(0.02) as server:
        async with open_client(server.address, Settings(), 0.3) as client:
            assert problem(await with_timeout(client("Ada"))).title == "Too slow"


async def test_messages_leave_out_a_password_in_the_address() -> None:
    with FaultyServer(repeat(answer(500, "oh"))) as server:
        address = server.address
        secret = address.replace("://", "://ada:lovelace@")
        async with open_client(secret, Settings(), 5) as client:
            item = await with_timeout(client("x"))
    assert problem(item).detail == f"{address} answered with HTTP status 500"
    with pytest.raises(ShellError, match=f"^{address} cannot be reached"):
        await ask_one("x", open_client(secret, Settings(), 5))


async def test_an_unreachable_server_is_an_error_with_its_address() -> None:
    address = NOWHERE.format(free_port())
    with pytest.raises(ShellError, match=f"{address} cannot be reached"):
        await ask_one("Ada", open_client(address, Settings(), 5))


@pytest.mark.parametrize("address", ["here", "ftp://here", "http://", "//x", " "])
async def test_an_invalid_address_is_an_error(address: str) -> None:
    with pytest.raises(ShellError, match="--server"):
        await ask_one("Ada", open_client(address, Settings(), 5))


@pytest.mark.parametrize(
    "response",
    [
        HTMLResponse("<h1>It works</h1>"),
        JSONResponse({}),
        JSONResponse({"detail": "x"}, 404),
        JSONResponse(
            {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "no such route"},
            404,
        ),
    ],
)
async def test_another_server_is_an_error(response: Any) -> None:
    with pytest.raises(ShellError, match="is not a wiki-digest server"):
        await ask(answering(response))


@pytest.mark.parametrize("status", [500, 502, 599])
async def test_an_html_error_of_a_proxy_is_a_problem(status: int) -> None:
    assert problem(await ask(answering(HTMLResponse("oh", status)))).status == status


async def test_an_html_503_of_a_proxy_is_busy() -> None:
    with pytest.raises(ServerBusy):
        await ask(answering(HTMLResponse("no upstream", 503)))


async def test_without_a_server_the_graph_runs_in_this_process() -> None:
    async with open_client(None, Settings(), 5) as client:
        items = await asyncio.gather(*map(client, ("ada lovelace", "black death", "zzqqxx", "")))
    ada, death, nothing, empty = items
    assert ada.digest is not None
    assert ada.digest.title == "Ada Lovelace"
    assert ada.digest.summary
    assert ada.digest.entities
    assert death.digest is not None
    assert death.digest.status == "rejected"
    assert problem(nothing).status == 404
    assert problem(empty).status == 422


async def test_calls_above_the_limit_wait_for_a_slot() -> None:
    stage = FakeStage(Item(term="x"))
    stage.may_answer.clear()
    ask_stage = limited(stage, 3)
    tasks = [asyncio.ensure_future(ask_stage("x")) for _ in range(20)]
    await with_timeout(stage.started.wait())
    await asyncio.sleep(0)
    assert stage.calls == 3
    stage.may_answer.set()
    await with_timeout(asyncio.gather(*tasks))
    assert stage.calls == 20


async def test_settings_with_a_missing_folder_are_an_error() -> None:
    settings = Settings.model_validate({"source": {"folder": "/nowhere"}})
    with pytest.raises(ConfigError, match="/nowhere"):
        await ask_one("Ada", open_client(None, settings, 5))
