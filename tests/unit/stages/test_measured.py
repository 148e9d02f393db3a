import time
from collections.abc import Sequence

from app.core.values import Article
from app.metrics.table import (
    BATCH_ARTICLES,
    BATCH_TOKENS,
    COMPUTE_SECONDS,
    FAILURES,
    PADDING,
    QUEUE_SECONDS,
)
from app.models.token_count import TokenCount
from app.stages.measured import MeasuredBatches, Queued
from tests.support.fake_recorder import FakeRecorder
from tests.support.fakes import MODEL_INFO, article
from tests.support.recorded_traces import RecordedTraces

STAGE = "entities"


class Reading:
    """Counts ten tokens and three of padding for each article; raises if one is titled `bad`."""

    info = MODEL_INFO

    def __init__(self, tokens: TokenCount, padding: int = 3) -> None:
        self._tokens = tokens
        self._padding = padding

    def run(self, batch: Sequence[Article]) -> list[str]:
        if any(one.title == "bad" for one in batch):
            raise ValueError("no")
        for _ in batch:
            self._tokens.add(10, self._padding)
        return [one.title for one in batch]


def run(*titles: str, waited_s: float = 0, padding: int = 3) -> FakeRecorder:
    """The metrics of a batch of these articles."""
    recorder, tokens = FakeRecorder(), TokenCount()
    batches = MeasuredBatches(STAGE, Reading(tokens, padding), recorder, tokens)
    since = time.perf_counter() - waited_s
    batches([Queued(article(title), since) for title in titles])
    return recorder


def test_a_batch_is_measured_once_and_the_wait_of_each_article() -> None:
    recorder = run("a", "b", "c", waited_s=2)
    assert recorder.observed(BATCH_ARTICLES, STAGE) == [3]
    (seconds,) = recorder.observed(COMPUTE_SECONDS, STAGE)
    assert 0 < seconds < 2
    waits = recorder.observed(QUEUE_SECONDS, STAGE)
    assert len(waits) == 3
    assert all(2 <= wait < 4 for wait in waits)


def test_the_tokens_of_a_batch_include_its_padding() -> None:
    recorder = run("a", "b")
    assert recorder.observed(BATCH_TOKENS, STAGE) == [26]
    assert recorder.value(PADDING, STAGE) == 6


def test_a_batch_without_tokens_has_no_size_in_tokens() -> None:
    recorder, tokens = FakeRecorder(), TokenCount()

    class Silent(Reading):
        def run(self, batch: Sequence[Article]) -> list[str]:
            return [one.title for one in batch]

    MeasuredBatches(STAGE, Silent(tokens), recorder, tokens)([Queued(article(), 0)])
    assert recorder.observed(BATCH_TOKENS, STAGE) == []


def test_the_tokens_of_one_batch_are_not_those_of_the_next() -> None:
    recorder, tokens = FakeRecorder(), TokenCount()
    batches = MeasuredBatches(STAGE, Reading(tokens), recorder, tokens)
    for _ in range(2):
        batches([Queued(article(), 0)])
    assert recorder.observed(BATCH_TOKENS, STAGE) == [13, 13]


def test_failures_begin_at_zero_and_count_articles() -> None:
    assert run("a").value(FAILURES, STAGE) == 0
    assert run("a", "bad", "b").value(FAILURES, STAGE) == 1


def test_a_batch_is_a_span_of_the_requests_in_it() -> None:
    traces, tokens = RecordedTraces(), TokenCount()
    batches = MeasuredBatches(STAGE, Reading(tokens), tracer=traces)
    with traces.begin("GET /", {}):
        traced = batches.queued(article("a"))
    batches([batches.queued(article("b")), traced])
    (span,) = (one for one in traces.spans if one.name == "entities batch")
    assert traces.parent_of("entities batch") == "GET /"
    assert span.attributes == {"wiki_digest.batch.articles": 2}


def test_a_batch_of_requests_without_traces_is_no_span() -> None:
    traces, tokens = RecordedTraces(), TokenCount()
    batches = MeasuredBatches(STAGE, Reading(tokens), tracer=traces)
    batches([batches.queued(article("a"))])
    assert traces.spans == []
