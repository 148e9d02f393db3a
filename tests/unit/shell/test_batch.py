import asyncio
from contextlib import aclosing

import pytest

from app.errors import ShellError
from app.outcome import Item, Problem
from app.shell.asking import Busy
from app.shell.batch import TRIES, results, terms_in
from tests.support.fakes import soon

FULL = Problem(type="about:blank", title="Full", status=503, detail="no room")


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
            await soon(self._begun.acquire())

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
            raise Busy(Item(term=term, problem=FULL))
        return Item(term=term)


async def all_of(terms: list[str], asked: Asked, at_once: int = 4) -> list[Item]:
    """All results, without waits between tries."""
    return [item async for item in results(terms, asked, at_once, first_wait_s=0)]


TERMS = [f"term {n}" for n in range(50)]


async def test_every_term_has_one_result() -> None:
    """Whatever their order."""
    items = await soon(all_of(TERMS, Asked()))
    assert sorted(TERMS) == sorted(item.term for item in items)


async def test_no_more_terms_are_under_way_than_are_allowed() -> None:
    """And as many as are."""
    asked = Asked()
    asked.gate.clear()
    items = asyncio.create_task(soon(all_of(TERMS, asked, at_once=7)))
    await asked.begun(7)
    asked.gate.set()
    assert len(await items) == len(TERMS)
    assert asked.most_at_once == 7


async def test_no_terms_have_no_results() -> None:
    """And nobody waits."""
    assert await soon(all_of([], Asked())) == []


async def test_a_result_comes_before_the_others_are_there() -> None:
    """Nobody waits for the slowest."""
    slow, fast = Asked(), Asked()
    slow.gate.clear()

    async def asked(term: str) -> Item:
        return await (slow if term == "slow" else fast)(term)

    async with aclosing(results(["slow", "fast"], asked, 2)) as items:
        assert (await soon(anext(items))).term == "fast"
        slow.gate.set()
        assert (await soon(anext(items))).term == "slow"


async def test_whoever_is_busy_is_asked_again() -> None:
    """Until there is an answer."""
    asked = Asked(busy=3)
    items = await soon(all_of(TERMS[:5], asked))
    assert [item.problem for item in items] == [None] * 5
    assert set(asked.tries.values()) == {4}


async def test_whoever_stays_busy_is_given_up() -> None:
    """With the problem that was told last."""
    asked = Asked(busy=1_000)
    items = await soon(all_of(TERMS[:3], asked))
    assert [item.problem for item in items] == [FULL] * 3
    assert set(asked.tries.values()) == {TRIES}


async def test_who_goes_away_ends_what_is_under_way() -> None:
    """Nothing is left behind."""
    asked = Asked()
    asked.gate.clear()
    items = results(TERMS, asked, at_once=5)
    waiting = asyncio.ensure_future(anext(items))
    await asked.begun(5)
    waiting.cancel()
    await asyncio.wait([waiting])
    assert asked.cancelled == 5


async def test_a_server_of_another_kind_ends_it_all() -> None:
    """The other terms would fare no better."""

    async def asked(_: str) -> Item:
        raise ShellError("no wiki-digest")

    with pytest.raises(ShellError):
        await soon(anext(results(TERMS, asked, 3)))


def test_terms_are_lines() -> None:
    """Without the space around them; empty lines and repetitions are none."""
    lines = b"ada\r\n  kyoto \n\n\t\nada\nM\xc3\xbcnchen".splitlines(keepends=True)
    assert terms_in(lines) == ["ada", "kyoto", "München"]


def test_a_mark_of_byte_order_is_no_part_of_a_term() -> None:
    """Some editors write it."""
    assert terms_in([b"\xef\xbb\xbfada\n"]) == ["ada"]


def test_what_is_not_utf8_is_still_a_term() -> None:
    """Which shows where it is not."""
    assert terms_in([b"M\xfcnchen\n"]) == ["M\ufffdnchen"]
