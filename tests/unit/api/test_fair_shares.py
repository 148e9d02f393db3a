"""One client sends 300 POSTs of 100 terms; others are served as without it."""

import asyncio
from collections import Counter
from collections.abc import Awaitable

import httpx
from starlette.types import Message, Receive, Scope, Send

from app.api.admission import TERMS_AT_ONCE
from app.core.errors import REFUSED_CLIENT
from app.core.turns import CLIENT
from app.core.values import Article
from tests.support.fakes import (
    FakeStages,
    application,
    client_of,
    find_article,
    problem,
    with_timeout,
)
from tests.support.passes import Passes

HOG = {"X-Forwarded-For": "6.6.6.6"}
POSTS, TERMS = 300, 100
SINGLES = 100
ADMITTED = 42
"""POSTs of one client, while no other client sends any."""
ONE_PROXY = {"trusted_proxies": 1}


class Source:
    """Finds each term once it `may_answer`; counts the terms in it, by their first word."""

    def __init__(self) -> None:
        self.inside: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.begun = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.others_may_answer = asyncio.Event()

    async def __call__(self, term: str) -> Article:
        kind = term.split(maxsplit=1)[0]
        self.begun.set()
        self.inside[kind] += 1
        self.most[kind] = max(self.most[kind], self.inside[kind])
        try:
            await (self.may_answer if kind == "hog" else self.others_may_answer).wait()
        finally:
            self.inside[kind] -= 1
        return await find_article(term)


async def post(client: httpx.AsyncClient, name: str, headers: dict[str, str]) -> httpx.Response:
    terms = [f"{name} {n}" for n in range(TERMS)]
    return await client.post("/v1/digests", json={"terms": terms}, headers=headers, timeout=None)


async def begun(client: httpx.AsyncClient, posts: int) -> list[asyncio.Task[httpx.Response]]:
    """POSTs of one client, all of which were admitted or refused."""
    sent = [asyncio.create_task(post(client, f"hog {n}", HOG)) for n in range(posts)]
    refused = asyncio.Semaphore(0)
    for task in sent:
        task.add_done_callback(lambda _: refused.release())
    for _ in range(posts - ADMITTED):
        await with_timeout(refused.acquire())
    return sent


async def test_posts_of_one_client_are_refused_past_its_share_and_turn_nobody_else_away() -> None:
    source = Source()
    app = application(FakeStages(source), api=ONE_PROXY)
    async with client_of(app) as client:
        hog = await begun(client, POSTS)
        refused = [task.result() for task in hog if task.done()]
        assert len(refused) == POSTS - ADMITTED
        assert {problem(response)["status"] for response in refused} == {429}
        assert {response.headers["retry-after"] for response in refused} == {"1"}
        assert {response.headers[REFUSED_CLIENT] for response in refused} == {*HOG.values()}

        source.others_may_answer.set()
        others = [
            client.get(f"/v1/digest?term=other {n}", headers={"X-Forwarded-For": f"10.0.0.{n}"})
            for n in range(64)
        ]
        answers = await with_timeout(asyncio.gather(*others))
        assert {answer.status_code for answer in answers} == {200}

        for task in hog:
            task.cancel()
        await asyncio.gather(*hog, return_exceptions=True)
    assert source.most["hog"] == TERMS_AT_ONCE, "others wait for four terms of it at most"


async def test_a_post_of_another_client_is_served_beside_them() -> None:
    source = Source()
    async with client_of(application(FakeStages(source), api=ONE_PROXY)) as client:
        hog = await begun(client, POSTS)
        source.others_may_answer.set()
        answer = await with_timeout(post(client, "other", {"X-Forwarded-For": "10.0.0.1"}))
        assert [item["digest"]["status"] for item in answer.json()["items"]] == ["ok"] * TERMS
        for task in hog:
            task.cancel()
        await asyncio.gather(*hog, return_exceptions=True)


async def test_requests_of_one_client_run_some_at_a_time_and_leave_room_to_others() -> None:
    source = Source()
    async with client_of(application(FakeStages(source), api=ONE_PROXY)) as client:
        hog = [
            asyncio.create_task(client.get(f"/v1/digest?term=hog {n}", headers=HOG, timeout=None))
            for n in range(SINGLES)
        ]
        await with_timeout(source.begun.wait())
        source.others_may_answer.set()
        headers = {"X-Forwarded-For": "10.0.0.1"}
        answer = await with_timeout(client.get("/v1/digest?term=other", headers=headers))
        assert answer.status_code == 200
        source.may_answer.set()
        answers = await with_timeout(asyncio.gather(*hog))
    assert {answer.status_code for answer in answers} == {200}
    assert source.most["hog"] == TERMS_AT_ONCE


async def test_the_posts_that_were_admitted_are_answered_in_turn() -> None:
    source = Source()
    async with client_of(application(FakeStages(source), api=ONE_PROXY)) as client:
        posts = asyncio.gather(*(post(client, f"hog {n}", HOG) for n in range(4)))
        await with_timeout(source.begun.wait())
        source.may_answer.set()
        answers = await with_timeout(posts)
    for answer in answers:
        assert [item["digest"]["status"] for item in answer.json()["items"]] == ["ok"] * TERMS
    assert source.most["hog"] == TERMS_AT_ONCE


async def test_a_client_behind_an_unknown_proxy_is_one_with_all_others_of_it() -> None:
    """`trusted_proxies` is 0: the header is not read."""
    source = Source()
    async with client_of(application(FakeStages(source), max_concurrent=2)) as client:
        first = asyncio.create_task(client.get("/v1/digest?term=hog 1", headers=HOG))
        await with_timeout(source.begun.wait())
        other = await with_timeout(
            client.get("/v1/digest?term=other", headers={"X-Forwarded-For": "10.0.0.1"})
        )
        assert problem(other)["status"] == 429
        source.may_answer.set()
        assert (await with_timeout(first)).status_code == 200


async def test_the_source_knows_for_which_client_it_searches() -> None:
    searched: list[str] = []

    def find(term: str) -> Awaitable[Article]:
        searched.append(CLIENT.get())
        return find_article(term)

    async with client_of(application(FakeStages(find), api=ONE_PROXY)) as client:
        await with_timeout(client.get("/v1/digest?term=one", headers=HOG))
        await with_timeout(post(client, "many", HOG))
    assert searched == ["6.6.6.6"] * (1 + TERMS)


async def test_of_two_posts_of_a_client_the_first_is_answered_first() -> None:
    """Else many would all be late."""
    begun: list[str] = []
    has_begun = asyncio.Event()

    async def find(term: str) -> Article:
        begun.append(term.split(maxsplit=1)[0])
        has_begun.set()
        await asyncio.sleep(0)
        return await find_article(term)

    async with client_of(application(FakeStages(find))) as client:
        first = asyncio.create_task(post(client, "first", {}))
        await with_timeout(has_begun.wait())
        await with_timeout(asyncio.gather(first, post(client, "second", {})))
    assert begun[:TERMS].count("first") > TERMS - 2 * TERMS_AT_ONCE


async def test_of_one_clients_posts_one_begins_in_a_pass_of_the_loop() -> None:
    """Remembered digests take no slot, but a hundred hold the loop for milliseconds."""
    found: list[int] = []
    app = application(FakeStages())

    async def noting(scope: Scope, receive: Receive, send: Send) -> None:
        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                found.append(passes.now)
            await send(message)

        await app(scope, receive, noted)

    async with Passes() as passes, client_of(noting) as client:
        await with_timeout(post(client, "known", HOG))
        found.clear()
        await with_timeout(asyncio.gather(*(post(client, "known", HOG) for _ in range(9))))
    assert len(set(found)) == 9
