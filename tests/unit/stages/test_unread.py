from collections.abc import Sequence

from app.core.values import Article, Declined
from app.stages.unread import Declining
from tests.support.fakes import MODEL_INFO, article

NO_VOWEL = Declined(reason="the title has no vowel")


class Vowels:
    """A stage that counts the vowels of a title; records the titles of each batch."""

    info = MODEL_INFO

    def __init__(self) -> None:
        self.batches: list[list[str]] = []

    def decline(self, article: Article) -> Declined | None:
        return None if set("aeiou") & set(article.title) else NO_VOWEL

    def run(self, batch: Sequence[Article]) -> list[int]:
        self.batches.append([one.title for one in batch])
        return [sum(map(one.title.count, "aeiou")) for one in batch]


def test_declined_articles_are_answered_in_their_place_without_the_model() -> None:
    inner = Vowels()
    batch = [article(title=title) for title in ("area", "hmm", "ice", "pst")]
    assert Declining(inner).run(batch) == [3, NO_VOWEL, 2, NO_VOWEL]
    assert inner.batches == [["area", "ice"]]


def test_a_batch_of_declined_articles_runs_nothing() -> None:
    inner = Vowels()
    assert Declining(inner).run([article(title="hmm")]) == [NO_VOWEL]
    assert inner.batches == []


def test_its_model_is_that_of_the_stage_inside() -> None:
    assert Declining(Vowels()).info is MODEL_INFO
