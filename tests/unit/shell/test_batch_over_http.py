from collections.abc import Iterable
from itertools import chain, cycle, repeat

import pytest

from app.api.schemas import Item
from app.config.settings import Settings
from app.core.errors import ShellError
from app.shell.ask_client import open_client
from app.shell.backpressure import Backpressure
from app.shell.batch import work_through
from tests.support.fakes import with_timeout
from tests.support.faulty_server import CUT, answer, busy, faulty, good

TERMS = [f"term {n}" for n in range(30)]
FAULTS = [CUT, busy(), busy(429), answer(503, "<h1>no upstream</h1>"), busy(retry_after="soon")]


async def asked(answers: Iterable[bytes], items: list[Item], at_once: int = 8) -> None:
    """What became of the terms at a server that gives these answers."""
    pace = Backpressure(at_once, first_pause_s=0)
    async with faulty(answers) as address, open_client(address, Settings(), 5, at_once) as ask:
        await with_timeout(work_through(TERMS, ask, at_once, items.append, pace))


async def test_a_server_that_fails_now_and_then_answers_every_term() -> None:
    """However it fails."""
    items: list[Item] = []
    well = await good()
    await asked(cycle(chain.from_iterable((fault, well, well) for fault in FAULTS)), items)
    assert sorted(item.term for item in items) == sorted(TERMS)
    assert all(item.digest for item in items)


async def test_a_server_that_starts_again_is_waited_for() -> None:
    """It loses what was under way, and then is not ready for a while."""
    well = await good()
    items: list[Item] = []
    start = [*repeat(well, 10), *repeat(CUT, 8), *FAULTS]
    await asked(chain(start, repeat(well)), items)
    assert sorted(item.term for item in items) == sorted(TERMS)
    assert all(item.digest for item in items)


async def test_a_server_that_never_comes_back_is_given_up() -> None:
    """What was answered is there, and most of the other terms are not tried in vain."""
    items: list[Item] = []
    with pytest.raises(ShellError, match="gave up"):
        await asked(chain(repeat(await good(), 10), repeat(CUT)), items)
    assert sum(item.digest is not None for item in items) == 10
    lost = [item.problem for item in items if item.problem]
    assert {problem.title for problem in lost} == {"Not reached"}
    assert len(lost) < len(TERMS) - 10


async def test_a_server_of_another_kind_ends_it_all() -> None:
    """With a sentence that says so."""
    with pytest.raises(ShellError, match="does not answer as wiki-digest does"):
        await asked(repeat(answer(200, "<h1>It works</h1>")), [])
