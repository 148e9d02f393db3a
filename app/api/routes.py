"""FastAPI routes over the driver and the source."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from importlib.metadata import version
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

from app.api import middleware, page, problems
from app.api.classic import Classic, classic, nothing_found
from app.api.limits import MAX_BODY_BYTES, Admission, check_term
from app.api.schemas import (
    ClassicQuery,
    Item,
    Items,
    Models,
    NoQuery,
    Problem,
    StartQuery,
    TermQuery,
    Terms,
    Titles,
)
from app.config import settings
from app.core.errors import (
    DeadlineExceeded,
    DigestError,
    NoArticle,
    Overloaded,
    SourceFailed,
    StageFailed,
)
from app.core.values import Digest, StageDone
from app.driver import Driver
from app.models.model_info import ModelInfo

ListModels = Callable[[], Awaitable[tuple[ModelInfo, ...]]]
Suggest = Callable[[str], Awaitable[tuple[str, ...]]]
FAILURES = (SourceFailed, StageFailed, DeadlineExceeded, Overloaded)
TERMS_AT_ONCE = 8
"""Concurrent terms of one POST: enough to fill batches, and room for other requests."""

SUGGEST_S = 5.0
"""Timeout of suggestions, in seconds."""


def build_app(
    driver: Driver, limits: settings.DigestSettings, models: ListModels, suggest: Suggest
) -> FastAPI:
    """The API over a driver; `models` lists loaded models, `suggest` finds titles by prefix."""
    app = FastAPI(
        title="wiki-digest",
        version=version("wiki-digest"),
        summary="A term in, a digest of its Wikipedia article out.",
        docs_url=None,  # these pages load their scripts from a third party
        redoc_url=None,
        redirect_slashes=False,
        separate_input_output_schemas=False,
    )
    app.add_middleware(middleware.BodyLimits, limit=MAX_BODY_BYTES)
    problems.install(app)
    admit = [Depends(partial(_admitted, Admission(limits.max_concurrent)))]
    page.install(app, limits.deadline_s)
    app.add_middleware(middleware.HeadAsGet)  # the last one added is called first
    app.include_router(_one(driver), dependencies=admit)
    app.include_router(_many(driver, limits.deadline_s), dependencies=admit)
    app.include_router(_suggestions(suggest), dependencies=admit)
    app.include_router(_about(models, limits.deadline_s))
    return app


def _one(driver: Driver) -> APIRouter:
    """The routes for one term."""
    router = APIRouter(tags=["digest"])

    @router.get("/", responses=problems.documented(*FAILURES))
    async def classic_digest(query: Annotated[ClassicQuery, Query()]) -> Classic:
        """The legacy contract. `success` is true if there is a summary."""
        try:
            return classic(await driver.digest(query.search_term))
        except NoArticle:
            return nothing_found()

    @router.get("/v1/digest", responses=problems.documented(NoArticle, *FAILURES))
    async def digest(query: Annotated[TermQuery, Query()]) -> Digest:
        """The digest of the first article that matches the term."""
        return await driver.digest(query.term)

    @router.get(
        "/v1/digest/stream",
        response_class=EventSourceResponse,
        responses=problems.documented(Overloaded),
    )
    async def stream(query: Annotated[TermQuery, Query()]) -> AsyncIterator[ServerSentEvent]:
        """A `stage` event as each stage finishes, then one `digest` or `problem` event."""
        async for event in _events(driver, query.term):
            yield event

    return router


def _many(driver: Driver, deadline_s: float) -> APIRouter:
    """The route for many terms."""
    router = APIRouter(tags=["digest"])
    responses = problems.documented() | {
        400: problems.response(400, "The body cannot be read"),
        408: problems.response(408, "The body did not arrive in time"),
        413: problems.response(413, "The body is too large"),
        415: problems.response(415, "The body is compressed"),
    }

    @router.post("/v1/digests", responses=responses)
    async def digests(wanted: Terms, _: Annotated[NoQuery, Query()]) -> Items:
        """A digest or a problem for each of many terms, in the same order."""
        deadline = asyncio.get_running_loop().time() + deadline_s
        slots = asyncio.Semaphore(TERMS_AT_ONCE)

        async def one(term: str) -> Item:
            async with slots:
                return await _item(driver, term, deadline)

        return Items(items=tuple(await asyncio.gather(*map(one, wanted.terms))))

    return router


def _suggestions(suggest: Suggest) -> APIRouter:
    """The route for suggestions."""
    router = APIRouter(tags=["suggestions"])

    @router.get("/v1/suggestions", responses=problems.documented(SourceFailed, DeadlineExceeded))
    async def suggestions(query: Annotated[StartQuery, Query()]) -> Titles:
        """Titles that begin with the term; some examples if it is empty."""
        try:
            async with asyncio.timeout(SUGGEST_S):
                return Titles(titles=await suggest(query.term))
        except TimeoutError:
            raise DeadlineExceeded("the source did not suggest titles in time") from None

    return router


def _about(models: ListModels, deadline_s: float) -> APIRouter:
    """The route for the loaded models."""
    router = APIRouter(tags=["about"])

    @router.get("/v1/models", responses=problems.documented(StageFailed, DeadlineExceeded))
    async def loaded(_: Annotated[NoQuery, Query()]) -> Models:
        """The loaded models: names, revisions and devices."""
        try:
            async with asyncio.timeout(deadline_s):
                return Models(models=await models())
        except TimeoutError:
            raise DeadlineExceeded("the stages did not answer in time") from None

    return router


async def _admitted(admission: Admission) -> AsyncIterator[None]:
    with admission.one():
        yield


async def _item(driver: Driver, term: str, deadline: float) -> Item:
    shown = term.encode(errors="replace").decode()  # JSON can hold half a surrogate pair
    try:
        return Item(term=shown, digest=await driver.digest(check_term(term), deadline=deadline))
    except DigestError as error:
        return Item(term=shown, problem=Problem.of(error))


async def _events(driver: Driver, term: str) -> AsyncIterator[ServerSentEvent]:
    """A `stage` event for each stage that finishes, then the last event."""
    events: asyncio.Queue[StageDone | asyncio.Task[Digest]] = asyncio.Queue()
    work = asyncio.create_task(driver.digest(term, events.put_nowait))
    work.add_done_callback(events.put_nowait)
    try:
        while (event := await events.get()) is not work:
            yield ServerSentEvent(event="stage", data=event)
        yield _last(work)
    finally:
        work.cancel()


def _last(work: asyncio.Task[Digest]) -> ServerSentEvent:
    error = work.exception()
    if error is None:
        return ServerSentEvent(event="digest", data=work.result())
    if isinstance(error, DigestError):
        return ServerSentEvent(event="problem", data=Problem.of(error))
    return ServerSentEvent(event="problem", data=problems.internal(error))
