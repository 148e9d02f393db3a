from collections.abc import Sequence

import pytest

from app.core.values import Article
from app.stages.base import run_each
from app.stages.token_batches import group_by_length
from tests.support.fake_classifiers import INFO
from tests.support.fakes import article


class Upper:
    """Gives titles in capitals; remembers its batches, and cannot stand the title `bad`."""

    info = INFO

    def __init__(self) -> None:
        self.batches: list[int] = []

    def run(self, batch: Sequence[Article]) -> list[str]:
        """The titles."""
        self.batches.append(len(batch))
        if any(one.title == "bad" for one in batch):
            raise ValueError("bad")
        return [one.title.upper() for one in batch]


def test_a_good_batch_is_run_once() -> None:
    """Batching would be in vain otherwise."""
    stage = Upper()
    assert run_each(stage, [article("a"), article("b")]) == ["A", "B"]
    assert stage.batches == [2]


def test_a_bad_article_fails_alone() -> None:
    """Its neighbours get their results, in their places."""
    stage = Upper()
    good, bad, fine = run_each(stage, [article("a"), article("bad"), article("b")])
    assert (good, fine) == ("A", "B")
    assert isinstance(bad, ValueError)
    assert stage.batches == [3, 1, 1, 1]


def test_a_single_bad_article_is_not_run_twice() -> None:
    """What failed alone would fail alone again."""
    stage = Upper()
    (error,) = run_each(stage, [article("bad")])
    assert isinstance(error, ValueError)
    assert stage.batches == [1]


def test_an_empty_batch_gives_nothing() -> None:
    """And no error."""
    assert run_each(Upper(), []) == []


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
def test_batches_are_cut_by_length(
    lengths: list[int], budget: int, groups: list[list[int]]
) -> None:
    """Like goes with like, and what is longer than the budget goes alone."""
    assert group_by_length(lengths, budget) == groups
