"""The CPU time of cached answers in the process of the ingress: `python -m bench.answers`.

Calls ASGI applications: no server, no Ray. Prints the least of the rounds.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from urllib.parse import quote

from fastapi import FastAPI, Response
from starlette.types import Message

from app.api.about import Instruments
from app.api.routes import build_app
from app.config.settings import Settings
from app.core.values import Article
from app.driver import Driver
from app.metrics.tally import Tally
from app.models.device import Device
from app.sources.corpus import FOLDER
from app.stages import source
from app.stages.base import R, Stage, Stages
from app.stages.registry import BRANCHES, GATE

ANSWERS, ROUNDS = 3000, 5
TERMS = [quote(path.stem) for path in sorted(FOLDER.glob("*.txt"))]
SCOPE = {"type": "http", "method": "GET", "path": "/v1/digest", "root_path": "", "headers": []}


def digests() -> FastAPI:
    """The API with all stages in this process."""
    settings, device = Settings(), Device()
    found, gate = source.load(settings.source), in_process(GATE.load(settings, device))
    branches = {spec.name: in_process(spec.load(settings, device)) for spec in BRANCHES}
    driver = Driver(Stages(found, gate, branches), settings)
    return build_app(
        driver, settings, lambda: asyncio.sleep(0, ()), found.suggest, Instruments(Tally())
    )


def in_process(stage: Stage[R]) -> Callable[[Article], Awaitable[R]]:
    """A stage as the driver calls it."""

    async def call(article: Article) -> R:
        return stage.run([article])[0]

    return call


async def ask(app: FastAPI, query: str) -> bytes:
    """The body of the answer to `GET /v1/digest?QUERY`."""
    sent = asyncio.Queue[Message]()
    await app({**SCOPE, "query_string": query.encode()}, lambda: asyncio.sleep(0, {}), sent.put)
    return b"".join([(await sent.get()).get("body", b"") for _ in range(sent.qsize())])


async def cpu_us(app: FastAPI, query: str) -> float:
    """Microseconds of CPU time for one answer; `{}` in `query` stands for the term."""
    started = time.process_time()
    for n in range(ANSWERS):
        await ask(app, query.format(TERMS[n % len(TERMS)]))
    return (time.process_time() - started) / ANSWERS * 1e6


async def main() -> None:
    """Print the mean size of an answer, and a row for each way to it."""
    ours, fixed = digests(), FastAPI()
    bodies = [await ask(ours, f"term={term}") for term in TERMS]

    @fixed.get("/v1/digest")
    async def constant() -> Response:
        return Response(bodies[0], media_type="application/json")

    print(f"{sum(map(len, bodies)) // len(bodies):,} bytes")
    rows = {"FastAPI, constant": (fixed, ""), "route": (ours, "term=-&term={}")}
    for name, (app, query) in (rows | {"cached": (ours, "term={}")}).items():
        print(f"{name:18}{min([await cpu_us(app, query) for _ in range(ROUNDS)]):6.1f} us")


if __name__ == "__main__":
    asyncio.run(main())
