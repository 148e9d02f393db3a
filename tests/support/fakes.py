"""Fakes for the seams: four stages as async functions, values to answer with, and a client."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import httpx
from fastapi import FastAPI

from app.api.problems import PROBLEM_JSON
from app.api.routes import ListModels, Suggest, build_app
from app.config.settings import Settings
from app.core.errors import NoArticle
from app.core.values import Article, Entities, Entity, Heading, Licence, Read, Summary, Tone
from app.driver import Driver, Stages
from app.models.model_info import ModelInfo

T = TypeVar("T")
INVALID = "urn:wiki-digest:invalid-request"
LICENCE = Licence(name="CC0 1.0", url="https://creativecommons.org/publicdomain/zero/1.0/")


def article(
    title: str = "Ada Lovelace", text: str = "Ada Lovelace wrote the first program."
) -> Article:
    """An article with that title."""
    heading = Heading(title=title, url=f"urn:test:{title}", licence=LICENCE, attribution="nobody")
    return Article.from_raw(text, heading)


TITLES = ("Ada Lovelace", "Ada Yonath", "Kyoto")
READ = Read(characters=37, of=37)
TONE = Tone(label="NEUTRAL", score=-0.1, threshold=0.2, read=READ)
DARK = Tone(label="NEGATIVE", score=0.9, threshold=0.2, read=READ)
SUMMARY = Summary(text="Ada Lovelace wrote the first program.", method="extractive", read=READ)
ENTITIES = Entities(
    items=(Entity(text="Ada Lovelace", type="PER", score=0.99, count=1),), read=READ
)
ABOUT = ModelInfo(
    stage="sentiment", model="fake", revision="0", backend="onnx", device="cpu", dtype="int8"
)


async def find(term: str) -> Article:
    """An article whose title is the term, but for `nothing`."""
    if term == "nothing":
        raise NoArticle("nothing matches 'nothing'", ("Something",))
    return article(term)


async def soon(awaitable: Awaitable[T]) -> T:
    """What is awaited; an error where it does not come within seconds."""
    async with asyncio.timeout(5):
        return await awaitable


class FakeStage:
    """Answers with `result` (raises it, if it is an error), when `gate` is open; counts its calls.

    `started` is set while a call is under way or has been, `left` once one has ended.
    """

    def __init__(self, result: Any) -> None:
        self.result = result
        self.calls = 0
        self.cancelled = 0
        self.started = asyncio.Event()
        self.left = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, _: Any) -> Any:
        self.calls += 1
        self.started.set()
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.left.set()
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


class FakeStages:
    """Four fakes, and a driver over them."""

    def __init__(self, source: Callable[[str], Awaitable[Article]] = find) -> None:
        self.source = source
        self.sentiment = FakeStage(TONE)
        self.summarizer = FakeStage(SUMMARY)
        self.entities = FakeStage(ENTITIES)

    def driver(self, settings: Settings | None = None) -> Driver:
        """A driver that asks these."""
        branches = {"summarizer": self.summarizer, "entities": self.entities}
        stages = Stages(self.source, self.sentiment, branches)
        return Driver(stages, settings or Settings())


async def loaded() -> tuple[ModelInfo, ...]:
    """What is loaded: one model."""
    return (ABOUT,)


async def suggested(start: str) -> tuple[str, ...]:
    """Titles that begin so."""
    return tuple(title for title in TITLES if title.casefold().startswith(start.casefold()))


def application(
    stages: FakeStages, models: ListModels = loaded, suggest: Suggest = suggested, **digest: Any
) -> FastAPI:
    """The API over these stages, with these settings of `digest`."""
    settings = Settings.model_validate({"digest": digest})
    return build_app(stages.driver(settings), settings.digest, models, suggest)


@asynccontextmanager
async def calling(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of this application; what the application raises is a 500 to it."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


def problem(response: httpx.Response) -> dict[str, Any]:
    """The problem that an answer is; its status is said twice, and the same."""
    assert response.headers["content-type"] == PROBLEM_JSON
    body: dict[str, Any] = response.json()
    assert body["status"] == response.status_code
    return body


def faults(response: httpx.Response) -> list[tuple[str, str]]:
    """Where an answer says that the request is wrong, and how."""
    body = problem(response)
    assert (body["type"], body["status"]) == (INVALID, 422)
    return [(fault["where"], fault["message"]) for fault in body["errors"]]
