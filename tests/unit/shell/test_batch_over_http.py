from collections.abc import Iterable
from itertools import chain, repeat

import pytest

from app.api.schemas import Item
from app.config.settings import Settings
from app.core.errors import ShellError
from app.shell.ask_client import open_client
from app.shell.backpressure import Backpressure
from app.shell.batch import TRIES, work_through
from tests.support.fakes import with_timeout
from tests.support.faulty_server import CUT, FaultyServer, answer, busy, good

TERMS = [f"term {n}" for n in range(30)]
FAULTS = [CUT, busy(), busy(429), answer(503, "<h1>no upstream</h1>"), busy(retry_after="soon")]


async def ask_all(answers: Iterable[bytes], items: list[Item], concurrency: int = 8) -> None:
    """Ask a server with these answers for all terms; append to `items`."""
    backpressure = Backpressure(concurrency, first_pause_s=0)
    with FaultyServer(answers) as server:
        async with open_client(server.address, Settings(), 5, concurrency) as ask:
            await with_timeout(work_through(TERMS, ask, concurrency, items.append, backpressure))


async def test_every_term_is_answered_despite_faults_of_any_kind() -> None:
    items: list[Item] = []
    digest = await good()
    assert len(FAULTS) < TRIES  # so no term can be given up, whichever requests they meet
    faults = chain.from_iterable((fault, digest, digest) for fault in FAULTS)
    await ask_all(chain(faults, repeat(digest)), items)
    assert sorted(item.term for item in items) == sorted(TERMS)
    assert all(item.digest for item in items)


async def test_a_batch_waits_for_a_server_that_restarts() -> None:
    digest = await good()
    items: list[Item] = []
    start = [*repeat(digest, 10), *repeat(CUT, 8), *FAULTS]
    await ask_all(chain(start, repeat(digest)), items)
    assert sorted(item.term for item in items) == sorted(TERMS)
    assert all(item.digest for item in items)


async def test_a_server_that_does_not_restart_ends_the_batch() -> None:
    items: list[Item] = []
    with pytest.raises(ShellError, match="gave up"):
        await ask_all(chain(repeat(await good(), 10), repeat(CUT)), items)
    assert sum(item.digest is not None for item in items) == 10
    lost = [item.problem for item in items if item.problem]
    assert {problem.title for problem in lost} == {"Not reached"}
    assert len(lost) < len(TERMS) - 10


async def test_another_server_ends_the_batch() -> None:
    with pytest.raises(ShellError, match="is not a wiki-digest server"):
        await ask_all(repeat(answer(200, "<h1>It works</h1>")), [])
