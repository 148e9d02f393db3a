"""What became of each request: whatever answers it notes it here, and one middleware counts it."""

import asyncio
import time
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import Depends, FastAPI, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api import request_context
from app.api.root_path import route_path
from app.api.schemas import Problem
from app.core.values import Digest, Status
from app.metrics.kinds import Recorder, declare
from app.metrics.table import (
    ANSWERED,
    CACHED,
    CANCELLED,
    CLIENT_ERROR,
    DIGESTS,
    GATE_SCORE,
    INTERNAL,
    MISSING,
    MODEL_STAGE,
    OTHER,
    OUTCOME,
    REQUEST_SECONDS,
    REQUESTS,
    ROUTE,
)

_ROUTES: Final = frozenset(ROUTE.values)
_RANKS: Final = {Status.REJECTED: 1, Status.OK: 2, Status.DEGRADED: 3}
_FAILED: Final = 4
"""A failure of ours outranks every digest; an error of the client ranks below them (0)."""


PATH: Final = "/v1/digest"
"""The path of answers that are remembered as bytes."""


class Outcome:
    """What became of a request: the worst of what is noted; `ok` if nothing is."""

    # Of the class, as most requests change one or two: an instance takes 0.1 us.
    kind: str = Status.OK
    cached = False
    digests: tuple[Digest, ...] = ()
    remembered: Status | None = None
    """the status of a cached digest, if the answer is its bytes"""
    article = ""
    """the title of its article"""
    stage = ""
    """the stage that failed, if the answer is a problem"""
    _rank = -1

    def digest(self, found: Digest) -> Digest:
        """Note a digest of the answer, and return it."""
        self.cached = found.cached and (self.cached or not self.digests)
        self.digests += (found,)
        self._note(found.status, _RANKS[found.status])
        return found

    def problem(self, found: Problem) -> Problem:
        """Note a problem of the answer, and return it with its request as the instance."""
        kind = found.type.rpartition(":")[2]
        failed = found.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        other = INTERNAL if failed else CLIENT_ERROR
        self._note(kind if kind in OUTCOME.values else other, _FAILED * failed)
        self.stage = found.stage
        return request_context.placed(found)

    def failed(self, kind: str) -> None:
        """Note that there is no whole answer."""
        self._note(kind, _FAILED)

    @property
    def name(self) -> str:
        """What logs and traces call it."""
        return self.remembered or self.kind

    @property
    def is_cached(self) -> bool:
        """Whether nothing was computed."""
        return self.remembered is not None or self.cached

    def fields(self) -> dict[str, object]:
        """What the log tells. Only `article` tells what was asked for."""
        missing = {part.stage for digest in self.digests for part in digest.missing}
        titles = [digest.title for digest in self.digests]
        found: dict[str, object] = {
            "outcome": self.name,
            "cached": self.is_cached,
            "missing": sorted(missing),
            "stage": self.stage,
            "article": "; ".join(titles) or self.article,
        }
        return {name: value for name, value in found.items() if value}

    def _note(self, kind: str, rank: int) -> None:
        if rank > self._rank:
            self.kind, self._rank = kind, rank


def outcome_of(scope: Scope) -> Outcome:
    """Where to note what becomes of a request."""
    state = scope.setdefault("state", {})
    found: Outcome | None = state.get("outcome")
    if found is None:
        found = state["outcome"] = Outcome()
    return found


async def _noted(request: Request) -> Outcome:
    return outcome_of(request.scope)


Noted = Annotated[Outcome, Depends(_noted)]
"""A parameter of a route: where it notes what becomes of the request."""


class Measured:
    """Counts each request by its outcome, with its time and its digests."""

    def __init__(self, app: ASGIApp, recorder: Recorder, remembered: dict[Status, int]) -> None:
        self._app = app
        self._recorder = recorder
        self._remembered = remembered

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        outcome = scope.setdefault("state", {})["outcome"] = Outcome()
        request_context.tell(outcome.fields)
        path, started = route_path(scope), time.perf_counter()  # a mount changes the scope
        try:
            await self._app(scope, receive, send)
        except asyncio.CancelledError:
            outcome.failed(CANCELLED)
            raise
        except Exception:
            outcome.failed(INTERNAL)
            raise
        finally:
            if outcome.remembered:
                self._remembered[outcome.remembered] += 1
            else:
                self._count(route_of(path), outcome, time.perf_counter() - started)

    def _count(self, route: str, outcome: Outcome, seconds: float) -> None:
        recorder, kind = self._recorder, outcome.kind
        recorder.add(REQUESTS, route, kind, "true" if outcome.cached else "false")
        if kind in ANSWERED and not outcome.cached:
            recorder.observe(REQUEST_SECONDS, seconds, route)
        for digest in outcome.digests:
            self._count_digest(digest)

    def _count_digest(self, digest: Digest) -> None:
        self._recorder.add(DIGESTS, digest.status, "true" if digest.cached else "false")
        if digest.cached:
            return
        if digest.tone and digest.tone.score is not None:
            self._recorder.observe(GATE_SCORE, (digest.tone.score + 1) / 2)
        for part in digest.missing:
            reason = "declined" if part.declined else "failed"
            self._recorder.add(MISSING, part.stage, reason)


def install(app: FastAPI, recorder: Recorder) -> None:
    """Count all requests to `app`, those that are answered from bytes by plain integers.

    Outcomes are declared, so that Prometheus sees the first of each.
    """
    declare(recorder, REQUESTS, (PATH,), OUTCOME.values, ("false",))
    declare(recorder, DIGESTS, ANSWERED, CACHED.values)
    declare(recorder, MISSING, MODEL_STAGE.values, ("declined", "failed"))
    remembered = dict.fromkeys(Status, 0)
    for status in Status:
        read = partial(_read, remembered, status)
        recorder.watch(REQUESTS, read, PATH, status, "true")
        recorder.watch(DIGESTS, read, status, "true")
    app.add_middleware(Measured, recorder=recorder, remembered=remembered)


def _read(remembered: Mapping[Status, int], status: Status) -> int:
    return remembered[status]


def route_of(path: str) -> str:
    """The value of the label `route` for a path."""
    if path in _ROUTES:
        return path
    return "/web" if path.startswith("/web/") else OTHER
