"""Requests for a digest that is being made."""

import asyncio

import httpx
import pytest

from app.api.client_turns import TurnsOfClient, TurnsOfRequest
from app.api.shared_turns import SharedTurns
from app.core.values import Article
from tests.support.fakes import FakeStages, application, client_of, find_article, with_timeout
from tests.support.turns import Holder

LIMIT = 8
"""Terms in progress."""
ALONE = 14
"""Requests of one client that may wait for others' digests: seven eighths of twice as many."""


def turns() -> TurnsOfRequest:
    """Those of a client, one at a time."""
    return TurnsOfClient(lambda: 1).of_request()


async def begun(*holders: Holder) -> None:
    await with_timeout(asyncio.gather(*(one.begun.wait() for one in holders)))


async def test_requests_for_one_term_need_one_turn() -> None:
    shared, of_client = SharedTurns(), turns()
    await begun(*(Holder(shared.of(term, of_client)) for term in ("ada", "Ada", " ada")))
    other = Holder(shared.of("kyoto", of_client))
    await asyncio.sleep(0)
    assert not other.begun.is_set()


async def test_the_last_request_for_a_term_gives_its_turn_back() -> None:
    """Its digest is made as long as anybody waits for it."""
    shared, of_client = SharedTurns(), turns()
    first, second = (Holder(shared.of("ada", of_client)) for _ in range(2))
    await begun(first, second)
    other = Holder(shared.of("kyoto", of_client))
    first.task.cancel()
    await asyncio.wait([first.task])
    assert shared.is_made("ada")
    assert not other.begun.is_set()
    second.leave.set()
    await begun(other)
    assert not shared.is_made("ada")


async def test_who_waits_in_another_clients_queue_is_not_waited_for() -> None:
    """Whoever has a turn first makes the digest, and the other gives its turn back."""
    shared, slow, quick = SharedTurns(), turns(), turns()
    before = Holder(shared.of("kyoto", slow))
    await begun(before)
    waiting = Holder(shared.of("ada", slow))
    await asyncio.sleep(0)
    assert not shared.is_made("ada")
    await begun(Holder(shared.of("ada", quick)))
    before.leave.set()
    await begun(waiting, Holder(shared.of("curie", slow)))


async def test_an_error_ends_a_turn_that_is_shared() -> None:
    shared, of_client = SharedTurns(), turns()
    with pytest.raises(ValueError, match="no"):
        async with shared.of("ada", of_client):
            raise ValueError("no")
    await begun(Holder(shared.of("kyoto", of_client)))


class Crowd:
    """Requests of one client for one new term, which the source finds once it `may_answer`."""

    def __init__(self) -> None:
        self.searches = 0
        self.begun = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.app = application(
            FakeStages(self.find), max_concurrent=LIMIT, api={"terms_per_minute": 1}
        )

    async def find(self, term: str) -> Article:
        self.searches += 1
        self.begun.set()
        await self.may_answer.wait()
        return await find_article(term)

    async def answers(self, asks: list[httpx.Request], refused: int) -> list[httpx.Response]:
        """The answers to these requests, which begin after the first; so many of them are refused.

        The source does not find the term before.
        """
        ended = asyncio.Semaphore(0)
        async with client_of(self.app) as client:
            first = asyncio.create_task(client.get("/v1/digest?term=ada"))
            await with_timeout(self.begun.wait())
            others = [asyncio.create_task(client.send(ask)) for ask in asks]
            for task in others:
                task.add_done_callback(lambda _: ended.release())
            for _ in range(refused):
                await with_timeout(ended.acquire())
            self.may_answer.set()
            return await with_timeout(asyncio.gather(first, *others))


def ways(number: int) -> list[httpx.Request]:
    """So many requests for the term, by all ways."""
    at = "http://test"
    get = httpx.Request("GET", f"{at}/v1/digest?term=Ada")
    stream = httpx.Request("GET", f"{at}/v1/digest/stream?term=ada")
    post = httpx.Request("POST", f"{at}/v1/digests", json={"terms": ["ada", "Ada"]})
    classic = httpx.Request("GET", f"{at}/?search_term=ada")
    return [(get, stream, post, classic)[n % 4] for n in range(number)]


async def test_a_crowd_that_wants_one_new_digest_is_answered_by_one_search() -> None:
    """There are more of them than slots. They cost no work, and no part of the rate."""
    crowd = Crowd()
    answers = await crowd.answers(ways(ALONE + 2), refused=2)
    assert sorted(answer.status_code for answer in answers) == [200] * (1 + ALONE) + [429] * 2
    assert crowd.searches == 1
