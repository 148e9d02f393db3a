"""Articles in a language that a stage's model does not read: they are not given to it."""

from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

from app.core.values import Article, Declined
from app.stages.base import Stage

R = TypeVar("R")
D = TypeVar("D")
R_co = TypeVar("R_co", covariant=True)


class Selective(Stage[R_co], Protocol[R_co]):
    """A stage that cannot process every article."""

    def decline(self, article: Article) -> Declined | None:
        """Why it does not process an article; None if it does."""


class Declining(Generic[R]):
    """A stage that declines the articles that the stage inside it cannot process."""

    def __init__(self, stage: Selective[R]) -> None:
        self.info = stage.info
        self._stage = stage

    def run(self, batch: Sequence[Article]) -> list[R | Declined]:
        """The result for each article, or why there is none."""
        return run_unless(self._stage.decline, self._stage.run, batch)


def run_unless(
    decline: Callable[[Article], D | None],
    run: Callable[[Sequence[Article]], Sequence[R]],
    batch: Sequence[Article],
) -> list[R | D]:
    """What `decline` returns for an article, or else what `run` makes of it."""
    declined = [decline(article) for article in batch]
    left = [article for article, one in zip(batch, declined, strict=True) if one is None]
    made = iter(run(left) if left else ())
    return [next(made) if one is None else one for one in declined]
