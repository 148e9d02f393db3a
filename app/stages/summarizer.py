"""The summary of an article: Article -> Summary."""

import re
from collections.abc import Sequence
from itertools import accumulate, takewhile
from pathlib import Path
from typing import Final, Protocol

from app.config import settings
from app.config.batching import Budget
from app.core.languages import MULTILINGUAL
from app.core.text import Span, length
from app.core.values import Article, Declined, Place, Read, Summary
from app.models import extractive
from app.models.device import Device
from app.models.extractive import Sentence, SentenceRanker
from app.models.model_dir import fingerprint
from app.models.model_info import ModelInfo
from app.models.seq2seq import Seq2Seq
from app.stages import english, prose
from app.stages.token_batches import in_groups
from app.stages.windows import beginning

_STAGE: Final = "summarizer"
_SPACE: Final = re.compile(r"\s+")
_SPACE_BEFORE: Final = re.compile(r" (?=[.,;:!?)\]])")


class Chooser(Protocol):
    """Chooses sentences for a summary of at most `max_words` words, but at least one sentence."""

    @property
    def max_words(self) -> int:
        """The length of a summary."""

    def choose(self, sentences: Sequence[Sentence]) -> list[int]:
        """The indices of the chosen sentences, in reading order."""


class ExtractiveSummarizer:
    """Summaries of sentences from the article itself, or of its items if it is a list."""

    def __init__(self, chooser: Chooser, info: ModelInfo) -> None:
        self.info = info
        self._chooser = chooser

    def run(self, batch: Sequence[Article]) -> list[Summary]:
        """The summary of each article."""
        return [self._summary(article) for article in batch]

    def _summary(self, article: Article) -> Summary:
        found = prose.read(article)
        if found.items:
            listed = self._first(found.items)
            return _made("list", _joined("; ", listed), listed, article, found.end)
        lead = len(article.lead)
        given = [Sentence(s.text, s.end <= lead, leans) for s, leans in found.candidates]
        chosen = [found.candidates[at].span for at in self._chooser.choose(given)]
        alone = len(chosen) == 1
        spans = [prose.shortened(one, self._chooser.max_words) if alone else one for one in chosen]
        text = _joined(" ", spans) + ("" if spans == chosen else "\u2026")
        return _made("extractive", text, spans, article, found.end)

    def _first(self, items: Sequence[Span]) -> list[Span]:
        """As many items as fit, but at least one."""
        lengths = accumulate(length(one.text) for one in items)
        fit = takewhile(lambda words: words <= self._chooser.max_words, lengths)
        return list(items[: max(1, len(list(fit)))])


def _joined(separator: str, spans: Sequence[Span]) -> str:
    return separator.join(one.text for one in spans)


def _made(method: str, text: str, spans: Sequence[Span], article: Article, end: int) -> Summary:
    return Summary(
        text=text,
        method=method,
        read=Read(characters=end, of=len(article.text)),
        sentences=tuple(Place(start=one.start, end=one.end) for one in spans),
    )


class AbstractiveSummarizer:
    """Summaries by a generative model, from as much of the article as fits its window."""

    def __init__(self, model: Seq2Seq, budget: Budget) -> None:
        self.info = model.info
        self._model = model
        self._budget = budget

    def run(self, batch: Sequence[Article]) -> list[Summary]:
        """The summary of each article; empty if the article has no text."""
        encoder = self._model.encoder
        read = [beginning(encoder.tokenizer, a.text, a.language, encoder.room) for a in batch]
        rows = [tokens.ids for tokens in read if tokens.ids]
        written = iter(in_groups(rows, self._budget, self._model))
        return [
            Summary(
                text=tidied(next(written)) if tokens.ids else "",
                method="abstractive",
                read=Read(characters=tokens.end, of=len(article.text)),
            )
            for article, tokens in zip(batch, read, strict=True)
        ]


def tidied(text: str) -> str:
    """Put a text on one line, and remove spaces before punctuation."""
    return _SPACE_BEFORE.sub("", _SPACE.sub(" ", text)).strip()


class SummarizerStage:
    """Extractive summaries with the embedded model, abstractive ones with any other."""

    def __init__(self, method: ExtractiveSummarizer | AbstractiveSummarizer) -> None:
        self.info = method.info
        self._method = method

    @classmethod
    def load(cls, given: settings.SummarizerSettings, device: Device) -> "SummarizerStage":
        """The stage with the model in the settings.

        Raises:
            ModelError: the model cannot be loaded, or does not generate text.
        """
        if given.model == settings.EMBEDDED:
            info = _embedded(given.languages or (MULTILINGUAL,))
            ranker = SentenceRanker(given.sentences, given.max_words)
            return cls(ExtractiveSummarizer(ranker, info))
        model = Seq2Seq.load(_STAGE, given, device)
        budget = given.batch.budget(model.info.device, model.info.backend)
        return cls(AbstractiveSummarizer(model, budget))

    def decline(self, article: Article) -> Declined | None:
        """Why there is no summary: the model does not read the article's language."""
        reason = self.info.unread(article.language)
        return Declined(reason=reason) if reason else None

    def run(self, batch: Sequence[Article]) -> list[Summary]:
        """The summary of each article."""
        return self._method.run(batch)


def _embedded(languages: tuple[str, ...]) -> ModelInfo:
    """The embedded summarizer has no weights: its revision is that of its code."""
    return ModelInfo(
        stage=_STAGE,
        model=settings.EMBEDDED,
        revision=fingerprint(*map(Path, (extractive.__file__, prose.__file__, english.__file__))),
        backend="extractive",
        device="cpu",
        dtype="float64",
        languages=languages,
    )
