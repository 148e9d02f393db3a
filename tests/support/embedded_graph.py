"""The graph of the embedded models in this process, without Ray."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from app.config.settings import Settings
from app.core.values import Article
from app.driver import Driver
from app.models.device import Device
from app.stages.base import Stage, Stages
from app.stages.registry import BRANCHES
from app.stages.sentiment import SentimentStage

R = TypeVar("R")
SETTINGS = {"entities": {"max_characters": 12_000}, "digest": {"deadline_s": 120}}
"""Reads less than the default, for the speed of the tests."""


def graph(find: Callable[[str], Article]) -> Driver:
    """A driver on the embedded models that finds articles with `find`."""
    settings, device = Settings.model_validate(SETTINGS), Device(threads=1)

    async def source(term: str) -> Article:
        return find(term)

    branches = {spec.name: _one_by_one(spec.load(settings, device)) for spec in BRANCHES}
    gate = _one_by_one(SentimentStage.load(settings.sentiment, device))
    return Driver(Stages(source, gate, branches), settings)


def _one_by_one(stage: Stage[R]) -> Callable[[Article], Awaitable[R]]:
    """The stage with batches of one article."""

    async def run(article: Article) -> R:
        (result,) = stage.run([article])
        return result

    return run
