"""Dependencies of routes: they admit a request, for the time until its response has been sent."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from typing import Annotated, NamedTuple

from fastapi import Query

from app.api.admission import Admission
from app.api.schemas import ClassicQuery, TermQuery
from app.core.stage_calls import StageListener, ignore
from app.core.turns import CLIENT
from app.core.values import Digest
from app.driver import Driver


class Wanted(NamedTuple):
    """A digest that a request may have, once it is its turn; `deadline` is of the loop's clock."""

    term: str
    turn: AbstractAsyncContextManager[None]
    deadline: float

    async def digest(self, driver: Driver, listener: StageListener = ignore) -> Digest:
        """The digest.

        Raises:
            DigestError: no article matches, the gate failed, or the time is up.
        """
        async with self.turn:
            return await driver.digest(self.term, listener, self.deadline)


class Admitted:
    """Admits requests by `admission`. One whose query is invalid is not admitted, nor counted."""

    def __init__(self, admission: Admission, driver: Driver, deadline_s: float) -> None:
        self._admission = admission
        self._driver = driver
        self._deadline_s = deadline_s

    async def classic(self, query: Annotated[ClassicQuery, Query()]) -> AsyncIterator[Wanted]:
        """The digest that a valid query of the legacy contract wants."""
        with self._wanted(query.search_term) as wanted:
            yield wanted

    async def term(self, query: Annotated[TermQuery, Query()]) -> AsyncIterator[Wanted]:
        """The digest that a valid query wants."""
        with self._wanted(query.term) as wanted:
            yield wanted

    async def uncounted(self) -> AsyncIterator[None]:
        """Nothing; the request takes a slot and no part of the rate."""
        with self._admission.uncounted(CLIENT.get()):
            yield

    @contextmanager
    def _wanted(self, term: str) -> Iterator[Wanted]:
        deadline = asyncio.get_running_loop().time() + self._deadline_s
        if self._driver.cached(term):
            yield Wanted(term, nullcontext(), deadline)
            return
        admission = self._admission
        admit = admission.joined if admission.shared.is_made(term) else admission.one
        with admit(CLIENT.get()) as turns:
            yield Wanted(term, admission.shared.of(term, turns), deadline)
