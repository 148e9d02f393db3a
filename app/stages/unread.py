"""Splits a batch: articles in a language that a stage's model does not read are not given to it."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from app.core.values import Article

R = TypeVar("R")
D = TypeVar("D")


def run_unless(
    decline: Callable[[Article], D | None],
    run: Callable[[Sequence[Article]], Sequence[R]],
    batch: Sequence[Article],
) -> list[R | D]:
    """What `decline` returns for an article, or else what `run` makes of it."""
    declined = [decline(article) for article in batch]
    left = [article for article, one in zip(batch, declined, strict=True) if one is None]
    made = iter(run(left))
    return [next(made) if one is None else one for one in declined]
