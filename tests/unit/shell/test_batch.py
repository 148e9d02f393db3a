import asyncio
from collections.abc import Iterable

import pytest

from app.api.schemas import Item
from app.core.errors import ServerBusy, ShellError
from app.shell.ask_client import Ask
from app.shell.backpressure import Backpressure
from app.shell.batch import TRIES, work_through
from tests.support.fakes import with_timeout

FULL = ServerBusy("no room", "Full", 503, "about:blank")


class FakeAsk:
    """Waits for `gate`; is busy for the first `busy` tries of a term; then returns its item."""

    def __init__(self, busy: int = 0) -> None:
        self.busy = busy
        self.gate = asyncio.Event()
        self.gate.set()
        self.tries: dict[str, int] = {}
        self.in_progress = 0
        self.most_in_progress = 0
        self.cancelled = 0
        self._started = asyncio.Semaphore(0)

    async def started(self, count: int) -> None:
        """Wait until `count` more calls have started."""
        for _ in range(count):
            await with_timeout(self._started.acquire())

    async def __call__(self, term: str) -> Item:
        self._started.release()
        self.tries[term] = self.tries.get(term, 0) + 1
        self.in_progress += 1
        self.most_in_progress = max(self.most_in_progress, self.in_progress)
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.in_progress -= 1
        if self.tries[term] <= self.busy:
            raise FULL
        return Item(term=term)


async def items_of(terms: Iterable[str], ask: Ask, concurrency: int = 4) -> list[Item]:
    """All items, without pauses between retries."""
    items: list[Item] = []
    backpressure = Backpressure(concurrency, first_pause_s=0)
    await with_timeout(work_through(terms, ask, concurrency, items.append, backpressure))
    return items


TERMS = [f"term {n}" for n in range(50)]


async def test_every_term_has_one_item() -> None:
    items = await items_of(TERMS, FakeAsk())
    assert sorted(TERMS) == sorted(item.term for item in items)


async def test_as_many_terms_are_in_progress_as_the_concurrency_allows() -> None:
    fake = FakeAsk()
    fake.gate.clear()
    items = asyncio.create_task(items_of(TERMS, fake, concurrency=7))
    await fake.started(7)
    fake.gate.set()
    assert len(await items) == len(TERMS)
    assert fake.most_in_progress == 7


async def test_no_terms_have_no_items() -> None:
    assert await items_of([], FakeAsk()) == []


async def test_an_item_is_reported_before_the_others_are_finished() -> None:
    slow, fast = FakeAsk(), FakeAsk()
    slow.gate.clear()
    reported: asyncio.Queue[Item] = asyncio.Queue()

    async def ask(term: str) -> Item:
        return await (slow if term == "slow" else fast)(term)

    terms = ["slow", "fast"]
    work = asyncio.create_task(work_through(terms, ask, 2, reported.put_nowait, Backpressure(2)))
    assert (await with_timeout(reported.get())).term == "fast"
    slow.gate.set()
    assert (await with_timeout(reported.get())).term == "slow"
    await with_timeout(work)


async def test_a_busy_server_is_retried() -> None:
    fake = FakeAsk(busy=3)
    items = await items_of(TERMS[:5], fake)
    assert [item.problem for item in items] == [None] * 5
    assert set(fake.tries.values()) == {4}


async def test_a_term_that_is_always_refused_fails_after_all_tries() -> None:
    free, busy = FakeAsk(), FakeAsk(busy=1_000)

    async def ask(term: str) -> Item:
        return await (busy if term == TERMS[0] else free)(term)

    items = await items_of(TERMS, ask, concurrency=2)
    assert [item.term for item in items if item.problem] == [TERMS[0]]
    assert busy.tries == {TERMS[0]: TRIES}
    assert len(items) == len(TERMS)


async def test_a_server_that_stays_busy_ends_the_batch() -> None:
    fake = FakeAsk(busy=1_000)
    items: list[Item] = []
    backpressure = Backpressure(4, first_pause_s=0)
    with pytest.raises(ShellError, match="gave up"):
        await with_timeout(work_through(TERMS, fake, 4, items.append, backpressure))
    assert {item.problem.title for item in items if item.problem} == {"Full"}
    assert len(items) == len(fake.tries) < 10
    assert max(fake.tries.values()) <= TRIES


async def test_cancelling_a_batch_cancels_its_requests() -> None:
    fake = FakeAsk()
    fake.gate.clear()
    items = asyncio.create_task(items_of(TERMS, fake, concurrency=5))
    await fake.started(5)
    items.cancel()
    await asyncio.wait([items])
    assert fake.cancelled == 5


async def test_an_error_of_the_server_ends_the_batch() -> None:
    async def ask(_: str) -> Item:
        raise ShellError("not a wiki-digest server")

    with pytest.raises(ShellError, match="not a wiki-digest server"):
        await items_of(TERMS, ask)


async def test_a_server_with_three_slots_answers_all_terms() -> None:
    slots = 3
    in_progress = 0

    async def ask(term: str) -> Item:
        nonlocal in_progress
        if in_progress == slots:
            raise FULL
        in_progress += 1
        for _ in range(5):
            await asyncio.sleep(0)  # let the other tasks run
        in_progress -= 1
        return Item(term=term)

    items = await items_of([f"term {n}" for n in range(500)], ask, concurrency=32)
    assert [item.term for item in items if item.problem] == []
    assert len(items) == 500
