from collections.abc import Sequence

from app.core.values import Article
from app.stages.base import run_each
from tests.support.fake_classifiers import INFO
from tests.support.fakes import article


class UpperCaseTitles:
    """Returns titles in capitals, and raises if one is `bad`; records its batch sizes."""

    info = INFO

    def __init__(self) -> None:
        self.batches: list[int] = []

    def run(self, batch: Sequence[Article]) -> list[str]:
        self.batches.append(len(batch))
        if any(one.title == "bad" for one in batch):
            raise ValueError("bad")
        return [one.title.upper() for one in batch]


def test_a_good_batch_is_run_once() -> None:
    stage = UpperCaseTitles()
    assert run_each(stage, [article("a"), article("b")]) == ["A", "B"]
    assert stage.batches == [2]


def test_a_bad_article_does_not_fail_its_batch() -> None:
    stage = UpperCaseTitles()
    good, bad, fine = run_each(stage, [article("a"), article("bad"), article("b")])
    assert (good, fine) == ("A", "B")
    assert isinstance(bad, ValueError)
    assert stage.batches == [3, 1, 1, 1]


def test_a_failed_batch_of_one_is_not_retried() -> None:
    stage = UpperCaseTitles()
    (error,) = run_each(stage, [article("bad")])
    assert isinstance(error, ValueError)
    assert stage.batches == [1]


def test_an_empty_batch_returns_nothing() -> None:
    assert run_each(UpperCaseTitles(), []) == []
