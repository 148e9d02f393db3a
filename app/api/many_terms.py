"""The digests of a POST: what is cached in one step, the rest in turns of its client."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from functools import partial

from starlette.responses import Response

from app.api.admission import Admission
from app.api.client_turns import LongSteps, TurnsOfRequest
from app.api.limits import check_term, cut
from app.api.outcomes import Outcome
from app.api.schemas import Item, Items, Problem
from app.core.errors import BadTerm, DigestError
from app.core.stage_caches import Cached
from app.core.turns import CLIENT
from app.core.workers import map_in_order
from app.driver import Driver


class ManyTerms:
    """Answers POSTs of many terms, each within `deadline_s`.

    What holds the loop for milliseconds, cached digests and the bytes of all, is a step after which
    the client's next one waits. A POST that waits for others holds what is cached as its parts,
    which requests share.
    """

    def __init__(self, driver: Driver, admission: Admission, deadline_s: float) -> None:
        self._driver = driver
        self._admission = admission
        self._deadline_s = deadline_s
        self._steps = LongSteps()

    async def respond(self, terms: Sequence[str], outcome: Outcome) -> Response:
        """A digest or a problem for each term, in the same order.

        Raises:
            OverShare, Overloaded, TooManyTerms: it is not admitted.
        """
        deadline = asyncio.get_running_loop().time() + self._deadline_s
        client, item = CLIENT.get(), partial(self._item, deadline, outcome)
        async with self._steps.rested(client):
            kept, missing = self._look_up(terms)
            if not missing:
                return _sent([await item(term, kept.get(at)) for at, term in enumerate(terms)])
        new = (term for term in missing.values() if not self._admission.shared.is_made(term))
        with self._admission.many(client, new) as turns:
            made = await self._made(missing, item, turns)
        async with self._steps.rested(client):
            places = enumerate(terms)
            return _sent([made.get(at) or await item(term, kept.get(at)) for at, term in places])

    def _look_up(self, terms: Sequence[str]) -> tuple[dict[int, Cached], dict[int, str]]:
        """By their place: the parts of cached digests, and the terms that are missing.

        An invalid term is neither.
        """
        kept: dict[int, Cached] = {}
        missing: dict[int, str] = {}
        for at, term in enumerate(terms):
            with suppress(BadTerm):
                if parts := self._driver.cached(check_term(term)):
                    kept[at] = parts
                else:
                    missing[at] = term
        return kept, missing

    async def _made(
        self,
        missing: Mapping[int, str],
        item: Callable[[str], Awaitable[Item]],
        turns: TurnsOfRequest,
    ) -> dict[int, Item]:
        """The items of these terms, by their place."""
        shared = self._admission.shared

        async def in_turn(term: str) -> Item:
            async with nullcontext() if self._driver.cached(term) else shared.of(term, turns):
                return await item(term)

        workers = self._admission.at_once + 1  # one waits, so that the turns stay with this POST
        items = await map_in_order(in_turn, missing.values(), workers)
        return dict(zip(missing, items, strict=True))

    async def _item(
        self, deadline: float, outcome: Outcome, term: str, parts: Cached | None = None
    ) -> Item:
        shown = cut(term.encode(errors="replace").decode())  # JSON can hold half a surrogate pair
        try:
            valid = check_term(term)
            if parts:
                digest = self._driver.combine(valid, parts)
            else:
                digest = await self._driver.digest(valid, deadline=deadline)
            return Item(term=shown, digest=outcome.digest(digest))
        except DigestError as error:
            return Item(term=shown, problem=outcome.problem(Problem.of(error)))


def _sent(items: Sequence[Item]) -> Response:
    body = Items(items=tuple(items)).model_dump_json()
    return Response(body, media_type="application/json")
