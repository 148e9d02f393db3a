"""Runs a stage on batches, and measures them: their wait, their time, their articles and tokens."""

import time
from collections.abc import Sequence
from typing import Generic, NamedTuple, TypeVar

from app.core.tracing import OFF, Tracer
from app.core.values import Article
from app.metrics.kinds import SILENT, Recorder, declare
from app.metrics.table import (
    BATCH_ARTICLES,
    BATCH_TOKENS,
    COMPUTE_SECONDS,
    FAILURES,
    PADDING,
    QUEUE_SECONDS,
)
from app.models.token_count import TokenCount
from app.stages.base import Stage, run_each

R = TypeVar("R")


class Queued(NamedTuple):
    """An article, when it was queued (of `time.perf_counter`), and in which span."""

    article: Article
    since: float
    span: str = ""


class MeasuredBatches(Generic[R]):
    """Runs a stage on batches, and measures them; `tokens` counts what its models read."""

    def __init__(
        self,
        name: str,
        stage: Stage[R],
        recorder: Recorder = SILENT,
        tokens: TokenCount | None = None,
        tracer: Tracer = OFF,
    ) -> None:
        self.name = name
        self.info = stage.info
        self._stage = stage
        self._recorder = recorder
        self._tokens = tokens
        self._tracer = tracer
        declare(recorder, FAILURES, (name,))
        declare(recorder, PADDING, (name,))

    def queued(self, article: Article) -> Queued:
        """An article that is queued now."""
        return Queued(article, time.perf_counter(), self._tracer.here())

    def __call__(self, batch: Sequence[Queued]) -> list[R | Exception]:
        """The result for each article, or its exception."""
        spans, size = [one.span for one in batch], {"wiki_digest.batch.articles": len(batch)}
        with self._tracer.resume(f"{self.name} batch", spans, attributes=size):
            return self._measure(batch)

    def _measure(self, batch: Sequence[Queued]) -> list[R | Exception]:
        started = time.perf_counter()
        results = run_each(self._stage, [one.article for one in batch])
        seconds = time.perf_counter() - started
        recorder, name = self._recorder, self.name
        recorder.observe(COMPUTE_SECONDS, seconds, name)
        recorder.observe(BATCH_ARTICLES, len(batch), name)
        for one in batch:
            recorder.observe(QUEUE_SECONDS, started - one.since, name)
        if failed := sum(isinstance(result, Exception) for result in results):
            recorder.add(FAILURES, name, amount=failed)
        self._record_tokens()
        return results

    def _record_tokens(self) -> None:
        if self._tokens and (count := self._tokens.take()).read:
            self._recorder.observe(BATCH_TOKENS, count.read + count.padding, self.name)
            if count.padding:
                self._recorder.add(PADDING, self.name, amount=count.padding)
