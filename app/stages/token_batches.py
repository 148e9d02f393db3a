"""Batches of rows of tokens, split by length so that padding stays small."""

from collections.abc import Sequence
from typing import Protocol, TypeAlias, TypeVar

from app.config.batching import Budget
from app.models.encoding import Encoder

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
Row: TypeAlias = Sequence[int]


class Runner(Protocol[R_co]):
    """A model: rows of tokens in, one result for each out."""

    @property
    def encoder(self) -> Encoder:
        """The encoder of its input."""

    def __call__(self, rows: Sequence[Row]) -> Sequence[R_co]:
        """One result for each row."""


def group_by_length(lengths: Sequence[int], budget: Budget) -> list[list[int]]:
    """Indices in groups whose padded size (count times longest) is within the budget.

    Similar lengths are grouped: a longer row joins a group only if it adds little padding, so that
    one long row does not pad nine short ones. A row longer than the budget is alone.
    """
    groups: list[list[int]] = []
    longest = 0
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        length = lengths[index]
        group = groups[-1] if groups else []
        fits = (len(group) + 1) * length <= budget.tokens
        if group and fits and len(group) * (length - longest) <= budget.padding:
            group.append(index)
        else:
            groups.append([index])
        longest = length
    return groups


def in_groups(rows: Sequence[Row], budget: Budget, run: Runner[R]) -> list[R]:
    """The model's result for each row, from passes within the budget and of like length."""
    frame = run.encoder.window - run.encoder.room
    results: dict[int, R] = {}
    for group in group_by_length([len(row) + frame for row in rows], budget):
        results.update(zip(group, run([rows[index] for index in group]), strict=True))
    return [results[index] for index in range(len(rows))]
