"""Cached digests as bytes, sent before FastAPI has read the request."""

from typing import NamedTuple
from weakref import ref

from cachetools import LRUCache
from starlette.datastructures import Headers, QueryParams
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api import digest_stream
from app.api.digest_response import Body, render, respond
from app.api.limits import check_term
from app.api.outcomes import PATH, outcome_of
from app.api.problems import ProblemResponse
from app.api.root_path import route_path
from app.api.schemas import Problem
from app.core.errors import CACHED_ONLY, BadTerm, OverShare
from app.core.stage_caches import Cached
from app.core.values import Article, Status
from app.driver import Driver
from app.metrics import caches
from app.metrics.kinds import SILENT, Recorder
from app.metrics.table import REFUSED

_REFUSED_OFTEN = OverShare("most of your last requests were refused", 10)
"""The error of a GET that may have a cached answer only; HAProxy does not count it as a refusal."""


class _Rendered(NamedTuple):
    """The body of a digest, and the parts that it was made of."""

    term: str
    article: ref[Article]  # its text may be long: the cache of the driver alone keeps it
    results: tuple[object, object]
    status: Status
    body: Body

    def is_of(self, parts: Cached) -> bool:
        """Whether a digest of these parts is the same."""
        return self.article() is parts.article and self.results == (parts.tone, parts.results)


class CachedAnswers:
    """Answers `GET /v1/digest` while all parts of the digest are cached, `size` queries at most.

    A stream of such a digest is one response, too. Every other request goes to `app`: what is not
    cached, or invalid; a GET that may have a cached answer only gets a 429. `hits` are answers
    whose bytes were there, `misses` those that were rendered.
    """

    def __init__(
        self, app: ASGIApp, driver: Driver, size: int, recorder: Recorder = SILENT
    ) -> None:
        self._app = app
        self._driver = driver
        self._recorder = recorder
        self._rendered: LRUCache[bytes, _Rendered] = LRUCache(size)
        self.hits = self.misses = 0
        caches.watch(recorder, rendered=self)

    @property
    def held(self) -> int:
        """The answers that it holds."""
        return len(self._rendered)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        is_get = scope["type"] == "http" and scope["method"] == "GET"
        path = route_path(scope) if is_get else ""
        response = self._response(scope) if path == PATH else self._stream(scope, path)
        if response is None and is_get and CACHED_ONLY in Headers(scope=scope):
            response = self._refusal()
        await (response or self._app)(scope, receive, send)

    def _stream(self, scope: Scope, path: str) -> Response | None:
        term = _term(scope["query_string"]) if path == digest_stream.PATH else None
        parts = self._driver.cached(term) if term else None
        if term is None or parts is None:
            return None
        return digest_stream.cached(self._driver, term, parts, outcome_of(scope))

    def _refusal(self) -> Response:
        self._recorder.add(REFUSED, "share")
        return ProblemResponse(
            Problem.of(_REFUSED_OFTEN), {"Retry-After": f"{_REFUSED_OFTEN.retry_after_s}"}
        )

    def _response(self, scope: Scope) -> Response | None:
        query = scope["query_string"]
        rendered = self._rendered.get(query)
        term = rendered.term if rendered else _term(query)
        parts = self._driver.cached(term) if term else None
        if term is None or parts is None:
            return None
        if rendered is None or not rendered.is_of(parts):
            rendered = self._rendered[query] = self._render(term, parts)
            self.misses += 1
        else:
            self._driver.caches.use(parts)
            self.hits += 1
        outcome = outcome_of(scope)
        outcome.remembered, outcome.article = rendered.status, parts.article.title
        return respond(scope, rendered.body, parts.ms, cached=True)

    def _render(self, term: str, parts: Cached) -> _Rendered:
        digest = self._driver.combine(term, parts)
        results = (parts.tone, parts.results)
        return _Rendered(term, ref(parts.article), results, digest.status, render(digest))


def _term(query: bytes) -> str | None:
    """The term, if the query is valid."""
    given = QueryParams(query).multi_items()
    try:
        return check_term(given[0][1]) if [name for name, _ in given] == ["term"] else None
    except BadTerm:
        return None
