import asyncio
from itertools import repeat
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse, JSONResponse

from app.api.schemas import Item, Problem
from app.config.settings import Settings
from app.core.errors import ConfigError, NoArticle, ServerBusy, ShellError
from app.shell.ask_client import LONGEST_RETRY_AFTER_S, ask_one, few, open_client
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
from tests.support.faulty_server import answer, faulty, trickling
from tests.support.site import serving

NOWHERE = "http://127.0.0.1:{}"


async def ask(app: FastAPI, term: str = "Ada", timeout_s: float = 5) -> Item:
    """What a served application makes of a term."""
    async with serving(app) as address, open_client(address, Settings(), timeout_s) as asked:
        return await with_timeout(asked(term))


def answering(response: Any) -> FastAPI:
    """A server that always answers this."""
    app = FastAPI()
    app.add_api_route("/{path:path}", lambda: response)
    return app


def problem(item: Item) -> Problem:
    """The problem with a term that has no digest."""
    assert item.digest is None
    assert item.problem is not None
    return item.problem


async def test_a_digest_comes_as_the_server_has_it() -> None:
    """Whole, with signs that mean something in an address."""
    item = await ask(application(FakeStages()), "C++ & 100% Ada?")
    assert item.digest is not None
    assert (item.term, item.digest.title) == ("C++ & 100% Ada?", "C++ & 100% Ada?")
    assert (item.digest.tone, item.digest.summary) == (TONE, SUMMARY)
    assert item.digest.entities == ENTITIES


async def test_a_problem_comes_as_the_server_has_it() -> None:
    """With its suggestions."""
    found = problem(await ask(application(FakeStages()), "nothing"))
    assert found == Problem.of(NoArticle("nothing matches 'nothing'", ("Something",)))


@pytest.mark.parametrize("term", ["", " ", "x" * 201, "x" * 100_000, "a\x00b", "\ud800"])
async def test_a_term_that_cannot_be_searched_for_is_a_problem_at_once(term: str) -> None:
    """No server need hear it."""
    stages = FakeStages(FakeStage(AssertionError("was asked")))
    assert problem(await ask(application(stages), term)).type == "urn:wiki-digest:bad-term"


async def test_a_full_server_is_busy_for_as_long_as_it_says() -> None:
    """Its problem comes along, for when no further try is made."""
    with pytest.raises(ServerBusy) as caught:
        await ask(full())
    assert caught.value.retry_after_s == 7
    assert caught.value.status == 503


def full(retry_after: str = "7") -> FastAPI:
    """A server that has no time."""
    body = Problem(type="about:blank", title="Full", status=503, detail="no room")
    return answering(JSONResponse(body.model_dump(), 503, {"Retry-After": retry_after}))


async def test_a_server_that_would_be_back_tomorrow_is_asked_sooner() -> None:
    """Nobody waits for a day."""
    with pytest.raises(ServerBusy) as caught:
        await ask(full("86400"))
    assert caught.value.retry_after_s == LONGEST_RETRY_AFTER_S


async def test_one_try_of_a_full_server_gives_its_problem() -> None:
    """Which is what a person wants to read."""
    async with serving(full()) as address:
        item = await ask_one("Ada", open_client(address, Settings(), 5))
    assert problem(item).title == "Full"


async def test_a_server_that_goes_away_is_busy() -> None:
    """It may be starting again."""
    stages = FakeStages()
    async with serving(application(stages)) as address:
        who = open_client(address, Settings(), 5)
        asked = await who.__aenter__()
        await with_timeout(asked("Ada"))
    with pytest.raises(ServerBusy) as caught:
        await with_timeout(asked("Ada"))
    await who.__aexit__(None, None, None)
    assert caught.value.title == "Not reached"


async def test_a_server_that_is_too_slow_is_a_problem() -> None:
    """Another try would be as slow."""
    stages = FakeStages()
    stages.sentiment.may_answer.clear()
    found = problem(await ask(application(stages), timeout_s=0.3))
    assert (found.status, found.title) == (504, "Too slow")


async def test_a_server_that_is_slow_a_little_at_a_time_is_too_slow() -> None:
    """Each piece is in time, and the whole is not."""
    async with trickling(0.02) as address, open_client(address, Settings(), 0.3) as asked:
        assert problem(await with_timeout(asked("Ada"))).title == "Too slow"


async def test_a_password_in_the_address_is_not_told() -> None:
    """Results are shared, and so are logs."""
    async with faulty(repeat(answer(500, "oh"))) as address:
        secret = address.replace("://", "://ada:lovelace@")
        async with open_client(secret, Settings(), 5) as asked:
            item = await with_timeout(asked("x"))
    assert problem(item).detail == f"{address} answered with HTTP status 500"
    with pytest.raises(ShellError, match=f"^{address} cannot be reached"):
        await ask_one("x", open_client(secret, Settings(), 5))


async def test_a_server_that_is_not_there_is_said_to_be_so_before_it_is_asked() -> None:
    """With its address."""
    address = NOWHERE.format(free_port())
    with pytest.raises(ShellError, match=f"{address} cannot be reached"):
        await ask_one("Ada", open_client(address, Settings(), 5))


@pytest.mark.parametrize("address", ["here", "ftp://here", "http://", "//x", " "])
async def test_an_address_that_is_none_is_refused(address: str) -> None:
    """And shown."""
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
async def test_a_server_of_another_kind_is_said_to_be_one(response: Any) -> None:
    """Rather than taken for an answer."""
    with pytest.raises(ShellError, match="does not answer as wiki-digest does"):
        await ask(answering(response))


@pytest.mark.parametrize("status", [500, 502, 599])
async def test_a_proxy_that_fails_is_a_problem(status: int) -> None:
    """It speaks HTML, and stands before a server of ours."""
    assert problem(await ask(answering(HTMLResponse("oh", status)))).status == status


async def test_a_proxy_without_a_server_behind_it_is_busy() -> None:
    """One may come."""
    with pytest.raises(ServerBusy):
        await ask(answering(HTMLResponse("no upstream", 503)))


async def test_without_a_server_this_process_answers() -> None:
    """With the embedded models, and no Ray."""
    async with open_client(None, Settings(), 5) as asked:
        items = await asyncio.gather(*map(asked, ("ada lovelace", "black death", "zzqqxx", "")))
    ada, death, nothing, empty = items
    assert ada.digest is not None
    assert ada.digest.title == "Ada Lovelace"
    assert ada.digest.summary
    assert ada.digest.entities
    assert death.digest is not None
    assert death.digest.status == "rejected"
    assert problem(nothing).status == 404
    assert problem(empty).status == 422


async def test_a_term_begins_only_when_it_has_its_turn() -> None:
    """A deadline would run out in a queue before slow models."""
    stage = FakeStage(Item(term="x"))
    stage.may_answer.clear()
    asked = few(stage, 3)
    tasks = [asyncio.ensure_future(asked("x")) for _ in range(20)]
    await with_timeout(stage.started.wait())
    await asyncio.sleep(0)
    assert stage.calls == 3
    stage.may_answer.set()
    await with_timeout(asyncio.gather(*tasks))
    assert stage.calls == 20


async def test_settings_that_name_what_is_not_there_are_refused() -> None:
    """Before anything is asked."""
    settings = Settings.model_validate({"source": {"folder": "/nowhere"}})
    with pytest.raises(ConfigError, match="/nowhere"):
        await ask_one("Ada", open_client(None, settings, 5))
