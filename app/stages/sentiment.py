"""The gate: Article -> Tone."""

from collections.abc import Sequence
from itertools import islice
from typing import Final

import numpy as np

from app.config import settings
from app.core.errors import ModelError
from app.core.values import Article, Read, Tone
from app.models.classifier import Classifier, ClassifierKind, softmax
from app.models.device import Device
from app.models.encoding import FloatArray
from app.stages.token_batches import in_groups
from app.stages.unread import run_unless
from app.stages.windows import Tokens, first_sentences

_NEGATIVE: Final = "NEGATIVE"
_POSITIVE: Final = "POSITIVE"
_NEUTRAL: Final = "NEUTRAL"
_SENTENCES: Final = 8
"""Read from a lead; fewer are too few to judge by (a table in the card of the embedded model)."""
_DIGITS: Final = 4  # int8 scores vary with the batch beyond these digits


class SentimentStage:
    """The tone of the first sentences of an article's lead: the mean over the sentences.

    Models learn tone from sentences. An article without text is NEUTRAL with a score of 0.
    """

    def __init__(self, classifier: Classifier, given: settings.SentimentSettings) -> None:
        self.info = classifier.info
        self._classifier = classifier
        self._given = given
        self._budget = given.batch.budget(self.info.device, self.info.backend)
        self._labels = [label.strip().upper() for label in classifier.labels]
        if not {_NEGATIVE, _POSITIVE} <= set(self._labels):
            raise ModelError(
                f"{self.info.stage}: model {self.info.model!r}: id2label must name the classes "
                f"{_NEGATIVE} and {_POSITIVE} and optionally {_NEUTRAL}; "
                f"it names {', '.join(classifier.labels)}"
            )

    @classmethod
    def load(cls, given: settings.SentimentSettings, device: Device) -> "SentimentStage":
        """The stage with the model in the settings.

        Raises:
            ModelError: the model cannot be loaded, or is not a sentiment model.
        """
        return cls(Classifier.load(ClassifierKind.TEXTS, "sentiment", given, device), given)

    def run(self, batch: Sequence[Article]) -> list[Tone]:
        """The tone of each article in a language that the model reads; it does not judge others."""
        return run_unless(self._unjudged, self._judged, batch)

    def _unjudged(self, article: Article) -> Tone | None:
        reason = self.info.unread(article.language)
        if not reason:
            return None
        return Tone(
            label=None,
            score=None,
            threshold=self._given.threshold,
            read=Read(characters=0, of=len(article.text)),
            reason=reason,
            refused=self._given.unsupported == "reject",
        )

    def _judged(self, batch: Sequence[Article]) -> list[Tone]:
        """The tone of each article."""
        leads = [self._lead(article) for article in batch]
        rows = [sentence.ids for lead in leads for sentence in lead]
        logits = iter(in_groups(rows, self._budget, self._classifier))
        return [
            self._tone(article, lead, list(islice(logits, len(lead))))
            for article, lead in zip(batch, leads, strict=True)
        ]

    def _lead(self, article: Article) -> list[Tokens]:
        encoder = self._classifier.encoder
        text = article.lead or article.text
        return first_sentences(encoder.tokenizer, text, article.language, encoder.room, _SENTENCES)

    def _tone(self, article: Article, lead: list[Tokens], logits: list[FloatArray]) -> Tone:
        label, score, end = _NEUTRAL, 0.0, 0
        if lead:
            means = softmax(np.stack(logits)).mean(axis=0)
            shares = dict(zip(self._labels, means.tolist(), strict=True))
            label = max(shares, key=shares.__getitem__)
            score = round(shares[_NEGATIVE] - shares[_POSITIVE], _DIGITS)
            end = lead[-1].end
        read = Read(characters=end, of=max(end, len(article.text)))
        return Tone(label=label, score=score, threshold=self._given.threshold, read=read)
