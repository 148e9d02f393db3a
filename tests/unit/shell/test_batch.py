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


class Asked:
    """Answers with a problem that names the term; waits for `gate`, is busy `busy` times a term."""

    def __init__(self, busy: int = 0) -> None:
        self.busy = busy
        self.gate = asyncio.Event()
        self.gate.set()
        self.tries: dict[str, int] = {}
        self.at_once = 0
        self.most_at_once = 0
        self.cancelled = 0
        self._begun = asyncio.Semaphore(0)

    async def begun(self, count: int) -> None:
        """So many have been asked for."""
        for _ in range(count):
            await with_timeout(self._begun.acquire())

    async def __call__(self, term: str) -> Item:
        self._begun.release()
        self.tries[term] = self.tries.get(term, 0) + 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.at_once -= 1
        if self.tries[term] <= self.busy:
            raise FULL
        return Item(term=term)


async def all_of(terms: Iterable[str], asked: Ask, at_once: int = 4) -> list[Item]:
    """All results, without waits between tries."""
    items: list[Item] = []
    pace = Backpressure(at_once, first_pause_s=0)
    await with_timeout(work_through(terms, asked, at_once, items.append, pace))
    return items


TERMS = [f"term {n}" for n in range(50)]


async def test_every_term_has_one_result() -> None:
    """Whatever their order."""
    items = await all_of(TERMS, Asked())
    assert sorted(TERMS) == sorted(item.term for item in items)


async def test_no_more_terms_are_under_way_than_are_allowed() -> None:
    """And as many as are."""
    asked = Asked()
    asked.gate.clear()
    items = asyncio.create_task(all_of(TERMS, asked, at_once=7))
    await asked.begun(7)
    asked.gate.set()
    assert len(await items) == len(TERMS)
    assert asked.most_at_once == 7


async def test_no_terms_have_no_results() -> None:
    """And nobody waits."""
    assert await all_of([], Asked()) == []


async def test_a_result_comes_before_the_others_are_there() -> None:
    """Nobody waits for the slowest."""
    slow, fast = Asked(), Asked()
    slow.gate.clear()
    told: asyncio.Queue[Item] = asyncio.Queue()

    async def asked(term: str) -> Item:
        return await (slow if term == "slow" else fast)(term)

    terms = ["slow", "fast"]
    work = asyncio.create_task(work_through(terms, asked, 2, told.put_nowait, Backpressure(2)))
    assert (await with_timeout(told.get())).term == "fast"
    slow.gate.set()
    assert (await with_timeout(told.get())).term == "slow"
    await with_timeout(work)


async def test_whoever_is_busy_is_asked_again() -> None:
    """Until there is an answer."""
    asked = Asked(busy=3)
    items = await all_of(TERMS[:5], asked)
    assert [item.problem for item in items] == [None] * 5
    assert set(asked.tries.values()) == {4}


async def test_one_term_that_keeps_a_server_busy_is_given_up() -> None:
    """The others have their answers."""
    kind, unkind = Asked(), Asked(busy=1_000)

    async def asked(term: str) -> Item:
        return await (unkind if term == TERMS[0] else kind)(term)

    items = await all_of(TERMS, asked, at_once=2)
    assert [item.term for item in items if item.problem] == [TERMS[0]]
    assert unkind.tries == {TERMS[0]: TRIES}
    assert len(items) == len(TERMS)


async def test_a_server_that_stays_away_is_given_up() -> None:
    """What is under way has the problem that was told last; the others are not asked."""
    asked = Asked(busy=1_000)
    items: list[Item] = []
    pace = Backpressure(4, first_pause_s=0)
    with pytest.raises(ShellError, match="gave up"):
        await with_timeout(work_through(TERMS, asked, 4, items.append, pace))
    assert {item.problem.title for item in items if item.problem} == {"Full"}
    assert len(items) == len(asked.tries) < 10
    assert max(asked.tries.values()) <= TRIES


async def test_who_goes_away_ends_what_is_under_way() -> None:
    """Nothing is left behind."""
    asked = Asked()
    asked.gate.clear()
    items = asyncio.create_task(all_of(TERMS, asked, at_once=5))
    await asked.begun(5)
    items.cancel()
    await asyncio.wait([items])
    assert asked.cancelled == 5


async def test_a_server_of_another_kind_ends_it_all() -> None:
    """The other terms would fare no better."""

    async def asked(_: str) -> Item:
        raise ShellError("no wiki-digest")

    with pytest.raises(ShellError, match="no wiki-digest"):
        await all_of(TERMS, asked)


async def test_a_server_that_answers_few_at_once_answers_all() -> None:
    """However many could ask: they come fewer at a time, so that no term is tried in vain."""
    places = 3
    inside = 0

    async def asked(term: str) -> Item:
        nonlocal inside
        if inside == places:
            raise FULL
        inside += 1
        for _ in range(5):
            await asyncio.sleep(0)  # the others have their turns
        inside -= 1
        return Item(term=term)

    items = await all_of([f"term {n}" for n in range(500)], asked, at_once=32)
    assert [item.term for item in items if item.problem] == []
    assert len(items) == 500
