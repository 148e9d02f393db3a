"""Server-sent events of one digest: as they happen, or as one response if it is cached."""

import asyncio
from collections.abc import AsyncIterator

from fastapi.sse import ServerSentEvent, format_sse_event
from pydantic import BaseModel
from starlette.responses import Response

from app.api import problems
from app.api.admitted import Wanted
from app.api.outcomes import Outcome
from app.api.schemas import Problem
from app.core.errors import DigestError
from app.core.stage_caches import Cached
from app.core.stage_calls import stage_done
from app.core.values import Digest, StageDone
from app.driver import Driver
from app.metrics.table import CANCELLED
from app.stages.registry import GATE

PATH = "/v1/digest/stream"
STAGE, DIGEST, PROBLEM = "stage", "digest", "problem"
"""The names of events."""
_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
"""Those that FastAPI sends with a stream."""


async def events(
    driver: Driver, wanted: Wanted, outcome: Outcome
) -> AsyncIterator[ServerSentEvent]:
    """A `stage` event for each stage that finishes, then the last event."""
    done: asyncio.Queue[StageDone | asyncio.Task[Digest]] = asyncio.Queue()
    work = asyncio.create_task(wanted.digest(driver, done.put_nowait))
    work.add_done_callback(done.put_nowait)
    try:
        while (event := await done.get()) is not work:
            yield ServerSentEvent(event=STAGE, data=event)
        yield _last(work, outcome)
    finally:
        if not work.done():
            outcome.failed(CANCELLED)
        work.cancel()


def _last(work: asyncio.Task[Digest], outcome: Outcome) -> ServerSentEvent:
    error = work.exception()
    if error is None:
        return ServerSentEvent(event=DIGEST, data=outcome.digest(work.result()))
    ours = error if isinstance(error, DigestError) else None
    problem = Problem.of(ours) if ours else problems.internal(error)
    return ServerSentEvent(event=PROBLEM, data=outcome.problem(problem))


def cached(driver: Driver, term: str, parts: Cached, outcome: Outcome) -> Response:
    """All events of a digest of cached parts: nothing can break them off in between."""
    results = {"source": parts.article, GATE.name: parts.tone, **parts.results}
    stages = [stage_done(name, parts.ms[name], result) for name, result in results.items()]
    digest = outcome.digest(driver.combine(term, parts))
    sent = [*(_bytes(STAGE, one) for one in stages), _bytes(DIGEST, digest)]
    response = Response(b"".join(sent), media_type="text/event-stream", headers=_HEADERS)
    del response.headers["content-length"]  # other streams have none
    return response


def _bytes(name: str, data: BaseModel) -> bytes:
    return format_sse_event(event=name, data_str=data.model_dump_json())
