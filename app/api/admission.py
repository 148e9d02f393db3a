"""Admission: the terms in progress, bounded for all clients together and for each."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager

from app.api.client_turns import ClientTurns, TurnsOfRequest
from app.api.shared_turns import SharedTurns
from app.core.errors import Overloaded, OverShare, TooManyTerms
from app.core.turns import share
from app.metrics.kinds import SILENT, Recorder, declare
from app.metrics.table import IN_PROGRESS, LIMIT, REFUSED

TERMS_AT_ONCE = 4
"""Terms of one client's POSTs that run at the same time, with the embedded models, and as many of
its other requests. With 8 a POST is not faster on two cores, and requests of others wait longer."""
JOINED = 2
"""How many requests may wait for digests that others make, for each term in progress. They cost
memory only. By default they are, with those in progress and 256 long bodies, the 1,024 requests
that Serve lets a replica of Digest hold."""


def unlimited(_client: str, _terms: int) -> None:
    """The rate of clients if it has no limit."""


class Slots:
    """`number` slots that clients share.

    A client holds half of them at most while others hold some, and seven eighths while none does,
    so that the next client finds room.
    """

    def __init__(self, number: int, recorder: Recorder = SILENT) -> None:
        self._number = number
        self._recorder = recorder
        self._held: Counter[str] = Counter()
        self.taken = 0

    @contextmanager
    def take(self, client: str, wanted: int) -> Iterator[None]:
        """Hold `wanted` slots for the time of the block; none is always admitted.

        Raises:
            OverShare: the client would hold more than its share.
            Overloaded: fewer slots are free.
        """
        if not wanted:
            yield
            return
        self.check(client, wanted)
        self._held[client] += wanted
        self.taken += wanted
        try:
            yield
        finally:
            self.taken -= wanted
            self._held[client] -= wanted
            if not self._held[client]:
                del self._held[client]

    def share(self, client: str) -> int:
        """The most slots that `client` may hold now."""
        return share(self._number, is_alone=self.is_alone(client))

    def is_alone(self, client: str) -> bool:
        """Whether no other client holds a slot."""
        return self._held.keys() <= {client}

    def check(self, client: str, wanted: int) -> None:
        """Check that so many slots can be taken now.

        Raises:
            OverShare, Overloaded: as `take`.
        """
        taken, own, share = self.taken, self._held[client], self.share(client)
        if own + wanted > share and taken < self._number:
            self._recorder.add(REFUSED, "share")
            raise OverShare(f"{own:,} of your terms are in progress already; {share:,} may be")
        if taken + wanted > self._number:
            self._recorder.add(REFUSED, "busy")
            raise Overloaded(f"{taken:,} terms are in progress already; try again soon")


class Admission:
    """Admits requests while at most `limit` terms are in progress.

    A POST counts as many terms as it can have running; all POSTs together leave a quarter of
    `limit` to requests for one term. Of one client's terms, `at_once` of POSTs and `singles` of
    other requests run at the same time, and half of these while other clients have some; the others
    wait for their turn. As all run on the same cores, fewer at a time are done no later.
    `count` is told the terms of each client that are admitted; it raises OverShare or TooManyTerms
    if they are too many for its rate. The turns of a term are `shared` by its requests.
    """

    def __init__(
        self,
        limit: int,
        count: Callable[[str, int], None] = unlimited,
        at_once: int = TERMS_AT_ONCE,
        singles: int = TERMS_AT_ONCE,
        recorder: Recorder = SILENT,
    ) -> None:
        self._rate = count
        self._recorder = recorder
        self._all = Slots(limit, recorder)
        self._posts = Slots(max(1, limit * 3 // 4), recorder)
        self._joined = Slots(JOINED * limit, recorder)
        self.shared = SharedTurns()
        self.at_once = max(1, min(at_once, limit * 3 // 8))
        self._turns_of_posts = ClientTurns(self.at_once, self._all.is_alone)
        self._turns_of_singles = ClientTurns(singles, self._all.is_alone)
        declare(recorder, REFUSED, ("busy", "share", "rate"))
        recorder.watch(IN_PROGRESS, lambda: self._all.taken)
        recorder.watch(LIMIT, lambda: limit)

    def uncounted(self, client: str) -> AbstractContextManager[None]:
        """Admit a request for the time of the block; it takes a slot and no part of the rate.

        Raises:
            OverShare, Overloaded: too many terms are in progress.
        """
        return self._all.take(client, 1)

    @contextmanager
    def one(self, client: str) -> Iterator[TurnsOfRequest]:
        """Admit a request for one term, which then runs in a turn of the client.

        Raises:
            OverShare, Overloaded: too many terms are in progress, or over the rate.
        """
        with self.uncounted(client):
            self._count(client, 1)
            yield self._turns_of_singles.of_request(client)

    @contextmanager
    def joined(self, client: str) -> Iterator[TurnsOfRequest]:
        """Admit a request for a digest that another request makes; it is no part of the rate.

        Raises:
            OverShare, Overloaded: too many requests wait.
        """
        with self._joined.take(client, 1):
            yield self._turns_of_singles.of_request(client)

    @contextmanager
    def many(self, client: str, terms: Iterable[object]) -> Iterator[TurnsOfRequest]:
        """Admit a POST; each of its terms then runs in a turn, before those of a later POST.

        `terms` are those whose digests nobody makes; without one it waits as in `joined`.

        Raises:
            OverShare, Overloaded: too many terms are in progress, or over the rate.
            TooManyTerms: more than the rate ever allows.
        """
        number = self._number_of(terms, client)
        wanted = min(number, self.at_once)
        with (
            self._joined.take(client, 0 if wanted else 1),
            self._posts.take(client, wanted),
            self._all.take(client, wanted),
        ):
            self._count(client, number)
            yield self._turns_of_posts.of_request(client)

    def _number_of(self, terms: Iterable[object], client: str) -> int:
        """The number of terms. If there is no room for one, the others are not looked at."""
        remaining = iter(terms)
        if not any(True for _ in remaining):
            return 0
        self._posts.check(client, 1)
        self._all.check(client, 1)
        return 1 + sum(1 for _ in remaining)

    def _count(self, client: str, terms: int) -> None:
        try:
            self._rate(client, terms)
        except (OverShare, TooManyTerms):
            self._recorder.add(REFUSED, "rate")
            raise
