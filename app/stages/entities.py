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
from app.stages.windows import Tokens, pack, tokenise, within

CHARACTERS_OF_A_TOKEN = 3
"""So many characters have one token at most: English has one for four or five. A page of signs,
each of which is a token, would take the time of three articles."""


class EntitiesStage:
    """The names in the first `max_characters` of an article, or in its first tokens."""

    def __init__(self, classifier: Classifier, given: settings.EntitiesSettings) -> None:
        self.info = classifier.info
        self._classifier = classifier
        self._given = given
        self._scheme = Scheme(classifier.labels)
        frame = classifier.encoder.window - classifier.encoder.room
        self._budget = given.batch.budget(self.info.device, self.info.backend)
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
        """The names in each article. A forward pass may have windows of several articles."""
        texts = [self._beginning(article) for article in batch]
        parts = [self._tokens(text) for text in texts]
        windows = [list(pack(some, self._room)) for some in parts]
        rows = [window.ids for some in windows for window in some]
        logits = iter(in_groups(rows, self._budget, self._classifier))
        return [
            values.Entities(
                items=self._names(article.text, text, [(window, next(logits)) for window in some]),
                read=Read(characters=read[-1].end if read else 0, of=len(article.text)),
                reason=self.info.unread(article.language),
            )
            for article, text, read, some in zip(batch, texts, parts, windows, strict=True)
        ]

    def _beginning(self, article: Article) -> list[Span]:
        """The sentences that end within the first `max_characters`."""
        most = self._given.max_characters
        found = list(sentences(article.text[:most], article.language))
        return found[:-1] if len(article.text) > most and len(found) > 1 else found

    def _tokens(self, text: Sequence[Span]) -> list[Tokens]:
        """The tokens of each sentence, of as many as are read."""
        tokenizer = self._classifier.encoder.tokenizer
        parts = (tokenise(tokenizer, sentence) for sentence in text)
        return list(within(parts, max(1, self._given.max_characters // CHARACTERS_OF_A_TOKEN)))

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
