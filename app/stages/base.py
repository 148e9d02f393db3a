"""What the model stages have in common: their shape, and how a batch that fails is run again."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from app.core.values import Article
from app.models.model_info import ModelInfo

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class Stage(Protocol[R_co]):
    """A plain, synchronous worker: a batch of articles in, one result for each out."""

    info: ModelInfo

    def run(self, batch: Sequence[Article]) -> Sequence[R_co]:
        """One result for each article, in the same order."""


def run_each(stage: Stage[R], batch: Sequence[Article]) -> list[R | Exception]:
    """What `stage` gives for each article, or the exception that this one article raises.

    A batch that fails is run again article by article, so that one does not fail its neighbours.
    """
    try:
        return [*stage.run(batch)]
    except Exception as error:  # noqa: BLE001 - whatever a model raises belongs to its article
        if len(batch) == 1:
            return [error]
        return [result for article in batch for result in run_each(stage, [article])]
