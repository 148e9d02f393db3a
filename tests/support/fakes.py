"""Fakes: the four stages as async callables, the values that they return, and an HTTP client."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import httpx
from fastapi import FastAPI
from starlette.types import ASGIApp

from app.api.about import NO_INSTRUMENTS, Instruments, ListModels
from app.api.problems import PROBLEM_JSON
from app.api.routes import Suggest, build_app
from app.config.settings import Settings
from app.core.errors import NoArticle
from app.core.tracing import OFF, Tracer
from app.core.values import (
    Article,
    Declined,
    Entities,
    Entity,
    Heading,
    Licence,
    Read,
    Summary,
    Tone,
)
from app.driver import Driver
from app.models.model_info import ModelInfo
from app.stages.base import Stages

T = TypeVar("T")
INVALID = "urn:wiki-digest:invalid-request"
LICENCE = Licence(name="CC0 1.0", url="https://creativecommons.org/publicdomain/zero/1.0/")


def article(
    title: str = "Ada Lovelace",
    text: str = "Ada Lovelace wrote the first program.",
    language: str = "en",
) -> Article:
    url = f"urn:test:{title}"
    heading = Heading(
        title=title, url=url, licence=LICENCE, attribution="nobody", language=language
    )
    return Article.from_raw(text, heading)


TITLES = ("Ada Lovelace", "Ada Yonath", "Kyoto")
READ = Read(characters=37, of=37)
TONE = Tone(label="NEUTRAL", score=-0.1, threshold=0.2, read=READ)
UNREAD = "the model reads en; the article is in ja"
UNREAD_TONE = Tone(threshold=0.2, read=READ, reason=UNREAD)
REFUSED_TONE = UNREAD_TONE.model_copy(update={"refused": True})
DECLINED = Declined(reason=UNREAD)
NEGATIVE_TONE = Tone(label="NEGATIVE", score=0.9, threshold=0.2, read=READ)
SUMMARY = Summary(text="Ada Lovelace wrote the first program.", method="extractive", read=READ)
ENTITIES = Entities(
    items=(Entity(text="Ada Lovelace", type="PER", score=0.99, count=1),), read=READ
)
MODEL_INFO = ModelInfo(
    stage="sentiment", model="fake", revision="0", backend="onnx", device="cpu", dtype="int8"
)


async def find_article(term: str) -> Article:
    """Return an article titled `term`; raise NoArticle for the term `nothing`."""
    if term == "nothing":
        raise NoArticle("nothing matches 'nothing'", ("Something",))
    return article(term)


async def with_timeout(awaitable: Awaitable[T]) -> T:
    """Await with a timeout of a minute, so that a hanging test fails."""
    async with asyncio.timeout(60):
        return await awaitable


class FakeStage:
    """Returns `result` (raises it, if it is an exception) once `may_answer` is set; counts calls.

    `started` is set when the first call begins, `ended` when the first call ends in any way.
    """

    def __init__(self, result: Any) -> None:
        self.result = result
        self.calls = 0
        self.cancelled = 0
        self.started = asyncio.Event()
        self.ended = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def __call__(self, _: Any) -> Any:
        self.calls += 1
        self.started.set()
        try:
            await self.may_answer.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.ended.set()
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


class FakeStages:
    """A fake for each of the four stages."""

    def __init__(self, source: Callable[[str], Awaitable[Article]] = find_article) -> None:
        self.source = source
        self.sentiment = FakeStage(TONE)
        self.summarizer = FakeStage(SUMMARY)
        self.entities = FakeStage(ENTITIES)

    def driver(self, settings: Settings | None = None, tracer: Tracer = OFF) -> Driver:
        branches = {"summarizer": self.summarizer, "entities": self.entities}
        stages = Stages(self.source, self.sentiment, branches)
        return Driver(stages, settings or Settings(), tracer=tracer)


async def list_models() -> tuple[ModelInfo, ...]:
    return (MODEL_INFO,)


async def suggest_titles(start: str) -> tuple[str, ...]:
    return tuple(title for title in TITLES if title.casefold().startswith(start.casefold()))


def application(
    stages: FakeStages,
    models: ListModels = list_models,
    suggest: Suggest = suggest_titles,
    api: dict[str, Any] | None = None,
    instruments: Instruments = NO_INSTRUMENTS,
    **digest: Any,
) -> FastAPI:
    """Build the API over these stages; `api` and `digest` hold settings of these groups."""
    settings = Settings.model_validate({"api": api or {}, "digest": digest})
    return build_app(stages.driver(settings), settings, models, suggest, instruments)


@asynccontextmanager
async def client_of(app: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client of `app`; exceptions in the app become status 500, as in a server."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


def problem(response: httpx.Response) -> dict[str, Any]:
    """Return the problem in a response without its instance, having checked type and status."""
    assert response.headers["content-type"] == PROBLEM_JSON
    body: dict[str, Any] = response.json()
    assert body["status"] == response.status_code
    body.pop("instance", "")
    return body


def faults(response: httpx.Response) -> list[tuple[str, str]]:
    """Return (where, message) of each error in an invalid-request problem."""
    body = problem(response)
    assert (body["type"], body["status"]) == (INVALID, 422)
    return [(fault["where"], fault["message"]) for fault in body["errors"]]
