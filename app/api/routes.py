"""FastAPI routes over the driver and the source."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from importlib.metadata import version
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from app.api import about, digest_stream, docs_page, layers, page, problems
from app.api.about import NO_INSTRUMENTS, Instruments, ListModels
from app.api.admission import TERMS_AT_ONCE, Admission, unlimited
from app.api.admitted import Admitted, Wanted
from app.api.classic import Classic, classic, nothing_found
from app.api.digest_response import DESCRIBED, render, respond
from app.api.many_terms import ManyTerms
from app.api.outcomes import Noted
from app.api.schemas import (
    Items,
    NoQuery,
    Problem,
    StartQuery,
    Terms,
    Titles,
)
from app.config.api import ApiSettings
from app.config.settings import Settings
from app.core.errors import (
    DeadlineExceeded,
    NoArticle,
    Overloaded,
    OverShare,
    SourceFailed,
    StageFailed,
    TooManyTerms,
)
from app.core.values import Digest
from app.driver import Driver
from app.metrics.kinds import Recorder

Suggest = Callable[[str], Awaitable[tuple[str, ...]]]
REFUSALS = (OverShare, Overloaded)
"""The errors of admission."""
FAILURES = (SourceFailed, StageFailed, DeadlineExceeded, *REFUSALS)
RESPONSES = problems.documented(NoArticle, *FAILURES) | DESCRIBED
"""The OpenAPI `responses` of a digest."""
SUGGEST_S = 5.0
"""Timeout of suggestions, in seconds."""


def build_app(
    driver: Driver,
    settings: Settings,
    models: ListModels,
    suggest: Suggest,
    instruments: Instruments = NO_INSTRUMENTS,
) -> FastAPI:
    """The API over a driver; `models` lists loaded models, `suggest` finds titles by prefix."""
    app = FastAPI(
        title="wiki-digest",
        version=version("wiki-digest"),
        summary="A term in, a digest of its Wikipedia article out.",
        docs_url=None,  # docs_page has one; these load their scripts from a third party
        redoc_url=None,
        redirect_slashes=False,
        separate_input_output_schemas=False,
    )
    limits, admission = settings.digest, _admission(settings, instruments.recorder)
    layers.install(app, driver, settings, instruments)
    problems.install(app)
    page.install(app, limits.deadline_s)
    docs_page.install(app)
    admitted = Admitted(admission, driver, limits.deadline_s)
    app.include_router(_classic(driver, admitted))
    app.include_router(_one(driver, admitted))
    app.include_router(_many(ManyTerms(driver, admission, limits.deadline_s)))
    app.include_router(_suggestions(suggest), dependencies=[Depends(admitted.uncounted)])
    listed = about.shared(models)
    app.include_router(about.models_route(listed, limits.deadline_s))
    app.include_router(about.status_route(listed, instruments))
    return app


def _classic(driver: Driver, admitted: Admitted) -> APIRouter:
    """The route of the legacy contract."""
    router = APIRouter(tags=["digest"])

    @router.get("/", responses=problems.documented(*FAILURES))
    async def classic_digest(
        outcome: Noted, wanted: Annotated[Wanted, Depends(admitted.classic)]
    ) -> Classic:
        """The legacy contract. `success` is true if there is a summary."""
        try:
            return classic(outcome.digest(await wanted.digest(driver)))
        except NoArticle as error:
            outcome.problem(Problem.of(error))
            return nothing_found()

    return router


def _one(driver: Driver, admitted: Admitted) -> APIRouter:
    """The routes for one term."""
    router, refused = APIRouter(tags=["digest"]), problems.documented(*REFUSALS)

    @router.get("/v1/digest", response_model=Digest, responses=RESPONSES)
    async def digest(
        request: Request, outcome: Noted, wanted: Annotated[Wanted, Depends(admitted.term)]
    ) -> Response:
        """The digest of the first article that matches the term."""
        made = outcome.digest(await wanted.digest(driver))
        return respond(request.scope, render(made), made.ms, cached=made.cached)

    @router.get(digest_stream.PATH, response_class=EventSourceResponse, responses=refused)
    async def stream(
        outcome: Noted, wanted: Annotated[Wanted, Depends(admitted.term)]
    ) -> AsyncIterator[ServerSentEvent]:
        """A `stage` event as each stage finishes, then one `digest` or `problem` event."""
        async for event in digest_stream.events(driver, wanted, outcome):
            yield event

    return router


def _many(terms: ManyTerms) -> APIRouter:
    """The route for many terms."""
    router = APIRouter(tags=["digest"])
    responses = problems.documented(TooManyTerms, *REFUSALS) | {
        400: problems.response(400, "The body cannot be read"),
        408: problems.response(408, "The body did not arrive in time"),
        413: problems.response(413, "The body is too large"),
        415: problems.response(415, "The body is compressed"),
    }

    @router.post("/v1/digests", response_model=Items, responses=responses)
    async def digests(outcome: Noted, wanted: Terms, _: Annotated[NoQuery, Query()]) -> Response:
        """A digest or a problem for each of many terms, in the same order."""
        return await terms.respond(wanted.terms, outcome)

    return router


def _suggestions(suggest: Suggest) -> APIRouter:
    """The route for suggestions."""
    router = APIRouter(tags=["suggestions"])

    errors = (SourceFailed, DeadlineExceeded, *REFUSALS)

    @router.get("/v1/suggestions", responses=problems.documented(*errors))
    async def suggestions(query: Annotated[StartQuery, Query()]) -> Titles:
        """Titles that begin with the term; some examples if it is empty."""
        try:
            async with asyncio.timeout(SUGGEST_S):
                return Titles(titles=await suggest(query.term))
        except TimeoutError:
            raise DeadlineExceeded("the source did not suggest titles in time") from None

    return router


def _admission(settings: Settings, recorder: Recorder) -> Admission:
    limit, rate = settings.digest.max_concurrent, _rate(settings.api)
    return Admission(limit, rate, *_at_once(settings), recorder)


def _rate(api: ApiSettings) -> Callable[[str, int], None]:
    if api.terms_per_minute is None:
        return unlimited
    from app.api.rates import Rate  # noqa: PLC0415 - its library is slow to import

    return Rate(api.terms_per_minute).count


def _at_once(settings: Settings) -> tuple[int, int]:
    """Terms of one client's POSTs, and of its other requests, that run at the same time."""
    if settings.has_embedded_models:
        return TERMS_AT_ONCE, TERMS_AT_ONCE
    batch = settings.largest_batch
    return batch, 3 * batch  # two batches at a time, while the next one fills
