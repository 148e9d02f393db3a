from collections.abc import Sequence

import pytest

from app.config.batching import Budget
from app.models.encoding import Encoder
from app.stages.token_batches import Row, group_by_length, in_groups
from tests.support.fake_classifiers import encoder, whole_words


@pytest.mark.parametrize(
    ("lengths", "budget", "groups"),
    [
        ([], 10, []),
        ([5, 1, 5, 1], 10, [[1, 3], [0, 2]]),
        ([30], 10, [[0]]),
        ([1, 30, 1], 10, [[0, 2], [1]]),
        ([100, 110, 30, 31, 32], 640, [[2, 3, 4], [0, 1]]),
        ([100, 111], 640, [[0], [1]]),
        ([50, 50, 50], 100, [[0, 1], [2]]),
    ],
)
def test_texts_are_grouped_by_length_within_the_budget(
    lengths: list[int], budget: int, groups: list[list[int]]
) -> None:
    """A text that exceeds the budget is a group of its own."""
    assert group_by_length(lengths, Budget(budget, budget // 64)) == groups


def test_a_budget_that_allows_padding_groups_short_texts_with_long_ones() -> None:
    assert group_by_length([10, 500, 30], Budget(1500, 940)) == [[0, 2, 1]]
    assert group_by_length([10, 500, 30], Budget(1499, 940)) == [[0, 2], [1]]


class Echo:
    """Returns its rows; records the length of each, by group."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []

    @property
    def encoder(self) -> Encoder:
        """An encoder that adds two special tokens to each row."""
        return encoder(whole_words([]))

    def __call__(self, rows: Sequence[Row]) -> Sequence[Row]:
        self.groups.append([len(row) for row in rows])
        return rows


def test_groups_stay_within_the_budget_and_results_keep_their_order() -> None:
    """Special tokens and padding count."""
    echo = Echo()
    rows = [[7] * length for length in (61, 1, 62, 2, 130)]
    assert in_groups(rows, Budget(128, 2), echo) == rows
    assert echo.groups == [[1, 2], [61, 62], [130]]
