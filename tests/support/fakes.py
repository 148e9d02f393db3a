"""Fakes for the seams: four stages as plain async functions, and values to answer with."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from app.answer import Article, Entities, Entity, Licence, Read, Summary, Tone
from app.driver import Driver, Stages
from app.errors import NoArticle
from app.settings import Settings

T = TypeVar("T")
LICENCE = Licence(name="CC0 1.0", url="https://creativecommons.org/publicdomain/zero/1.0/")


def article(
    title: str = "Ada Lovelace", text: str = "Ada Lovelace wrote the first program."
) -> Article:
    """An article with that title."""
    return Article.from_raw(
        text, title=title, url=f"urn:test:{title}", licence=LICENCE, attribution="nobody"
    )


READ = Read(characters=37, of=37)
TONE = Tone(label="NEUTRAL", score=-0.1, threshold=0.2, read=READ)
DARK = Tone(label="NEGATIVE", score=0.9, threshold=0.2, read=READ)
SUMMARY = Summary(text="Ada Lovelace wrote the first program.", method="extractive", read=READ)
ENTITIES = Entities(
    items=(Entity(text="Ada Lovelace", type="PER", score=0.99, count=1),), read=READ
)


async def find(term: str) -> Article:
    """An article whose title is the term, but for `nothing`."""
    if term == "nothing":
        raise NoArticle("nothing matches 'nothing'", ("Something",))
    return article(term)


async def soon(awaitable: Awaitable[T]) -> T:
    """What is awaited; an error where it does not come within seconds."""
    async with asyncio.timeout(10):
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
        stages = Stages(self.source, self.sentiment, self.summarizer, self.entities)
        return Driver(stages, settings or Settings())
