"""The CPU time of the parts of traces, in this process."""

import asyncio
import time

from pydantic import HttpUrl
from starlette.types import ASGIApp

from app.api.traced import Traced
from app.config.tracing import TracingSettings
from app.core.tracing import OFF, Tracer
from app.serving import span_export

PARTS, PART_ROUNDS = 400, 60
SCOPE = {"type": "http", "method": "GET", "path": "/v1/digest", "root_path": "", "headers": []}
DOWN = "http://127.0.0.1:9"
"""The port of `discard`: nobody listens."""


async def answered(*_: object) -> None:
    """An ASGI application that does nothing."""


async def request_us(app: ASGIApp) -> float:
    """Microseconds of CPU time for a request to an ASGI application."""

    async def turn() -> float:
        started = time.process_time()
        for _ in range(PARTS):
            await app({**SCOPE}, lambda: asyncio.sleep(0, {}), answered)
        return (time.process_time() - started) / PARTS * 1e6

    return min([await turn() for _ in range(PART_ROUNDS)])


def span_us(tracer: Tracer) -> float:
    """Microseconds of CPU time for a span of a request that is not sampled."""

    def turn() -> float:
        started = time.process_time()
        for _ in range(PARTS):
            with tracer.span("stage"):
                pass
        return (time.process_time() - started) / PARTS * 1e6

    return min(turn() for _ in range(PART_ROUNDS))


async def show_parts() -> None:
    """Print a row for each part: the least of the rounds."""
    made = {
        ratio: span_export.tracer(TracingSettings(sample_ratio=ratio, endpoint=HttpUrl(DOWN)))
        for ratio in (1e-9, 1)
    }
    plain = await request_us(answered)
    rare, each = [await request_us(Traced(answered, one)) - plain for one in made.values()]
    print(f"a request that is not sampled  {rare:6.2f} us")
    print(f"a request that is              {each:6.2f} us")
    print(f"a span, without traces         {span_us(OFF):6.2f} us")
    print(f"a span, of no sampled request  {span_us(made[1e-9]):6.2f} us")
