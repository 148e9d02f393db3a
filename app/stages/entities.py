"""The names in an article: Article -> Entities."""

from collections.abc import Sequence

from app.config import settings
from app.core import values
from app.core.text import Span, sentences
from app.core.values import Article, Declined, Read
from app.models.classifier import Classifier, ClassifierKind
from app.models.device import Device
from app.models.encoding import FloatArray
from app.stages.mentions import Scheme, mentions
from app.stages.names import merge
from app.stages.token_batches import in_groups
from app.stages.windows import Tokens, pack, tokenise


class EntitiesStage:
    """The names in the first `max_characters` of an article."""

    def __init__(self, classifier: Classifier, given: settings.EntitiesSettings) -> None:
        self.info = classifier.info
        self._classifier = classifier
        self._given = given
        self._scheme = Scheme(classifier.labels)
        frame = classifier.encoder.window - classifier.encoder.room
        self._room = max(1, min(classifier.encoder.room, given.window_tokens - frame))

    @classmethod
    def load(cls, given: settings.EntitiesSettings, device: Device) -> "EntitiesStage":
        """The stage with the model in the settings.

        Raises:
            ModelError: the model cannot be loaded, or does not label tokens.
        """
        return cls(Classifier.load(ClassifierKind.TOKENS, "entities", given, device), given)

    def decline(self, article: Article) -> Declined | None:
        """Why there are no names: the model reads neither the language nor the script."""
        reason = self.info.unread(article.language)
        read = not reason or self._classifier.encoder.reads_script(article.text)
        return None if read else Declined(reason=reason)

    def run(self, batch: Sequence[Article]) -> list[values.Entities]:
        """The names in each article. Forward passes are filled with windows of all articles."""
        texts = [self._beginning(article) for article in batch]
        windows = [self._windows(text) for text in texts]
        rows = [window.ids for some in windows for window in some]
        logits = iter(in_groups(rows, self._given.batch.budget(self.info.device), self._classifier))
        return [
            values.Entities(
                items=self._names(article.text, text, [(window, next(logits)) for window in some]),
                read=Read(characters=text[-1].end if text else 0, of=len(article.text)),
                reason=self.info.unread(article.language),
            )
            for article, text, some in zip(batch, texts, windows, strict=True)
        ]

    def _beginning(self, article: Article) -> list[Span]:
        """The sentences that end within the first `max_characters`."""
        most = self._given.max_characters
        found = list(sentences(article.text[:most], article.language))
        return found[:-1] if len(article.text) > most and len(found) > 1 else found

    def _windows(self, text: Sequence[Span]) -> list[Tokens]:
        tokenizer = self._classifier.encoder.tokenizer
        return list(pack((tokenise(tokenizer, sentence) for sentence in text), self._room))

    def _names(
        self, text: str, spans: Sequence[Span], windows: Sequence[tuple[Tokens, FloatArray]]
    ) -> tuple[values.Entity, ...]:
        starts = frozenset(span.start for span in spans)
        found = (
            mention
            for tokens, logits in windows
            for mention in mentions(text, self._scheme.words(tokens, logits), starts)
        )
        return merge(text, found, self._given.min_score, self._given.limit)
