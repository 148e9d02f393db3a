"""The interfaces of stages, and retries of a failed batch article by article."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeAlias, TypeVar

from app.core.values import Article, BranchResult, Tone
from app.models.model_info import ModelInfo

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class Stage(Protocol[R_co]):
    """A plain, synchronous worker: a batch of articles in, one result for each out.

    Several threads call `run` at the same time (`batch.max_concurrent_batches`).
    """

    info: ModelInfo

    def run(self, batch: Sequence[Article]) -> Sequence[R_co]:
        """One result for each article, in the same order."""


Branch: TypeAlias = Callable[[Article], Awaitable[BranchResult]]
Branches: TypeAlias = Mapping[str, Branch]
"""By the name of the stage."""


class Stages(NamedTuple):
    """What the driver calls: deployment handles, plain methods, or fakes."""

    source: Callable[[str], Awaitable[Article]]
    sentiment: Callable[[Article], Awaitable[Tone]]
    branches: Branches


def run_each(stage: Stage[R], batch: Sequence[Article]) -> list[R | Exception]:
    """The result for each article, or its exception.

    If the batch fails, each article is run alone, so that one does not fail the others.
    """
    try:
        return [*stage.run(batch)]
    except Exception as error:  # noqa: BLE001 - any exception becomes the result of its article
        if len(batch) == 1:
            return [error]
        return [result for article in batch for result in run_each(stage, [article])]
