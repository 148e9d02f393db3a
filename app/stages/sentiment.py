"""The gate: Article -> Tone."""

from collections.abc import Sequence
from typing import Final

from app import settings
from app.answer import Article, Read, Tone
from app.errors import ModelError
from app.models.device import Device
from app.models.network import Kind, Network, softmax
from app.models.reader import FloatArray
from app.stages.windows import Tokens, beginning, in_groups

_NEGATIVE: Final = "NEGATIVE"
_POSITIVE: Final = "POSITIVE"
_NEUTRAL: Final = "NEUTRAL"
_DIGITS: Final = 4  # more would be noise: neighbours in a batch change what int8 models say


class Sentiment:
    """How an article's lead sounds, as far as it fits the model's window.

    An article without text is NEUTRAL, with a score of 0.
    """

    def __init__(self, network: Network, given: settings.Sentiment) -> None:
        self.about = network.about
        self._network = network
        self._given = given
        self._labels = [label.strip().upper() for label in network.labels]
        if not {_NEGATIVE, _POSITIVE} <= set(self._labels):
            raise ModelError(
                f"{self.about.stage}: model {self.about.model!r}: id2label must name the classes "
                f"{_NEGATIVE} and {_POSITIVE} ({_NEUTRAL} besides, if there is one); "
                f"it names {', '.join(network.labels)}"
            )

    @classmethod
    def load(cls, given: settings.Sentiment, device: Device) -> "Sentiment":
        """The gate with the model that the settings name.

        Raises:
            ModelError: it cannot be loaded, or is no model of sentiment.
        """
        return cls(Network.load(Kind.TEXTS, "sentiment", given, device), given)

    def run(self, batch: Sequence[Article]) -> list[Tone]:
        """The tone of each article."""
        leads = [self._lead(article) for article in batch]
        rows = [lead.ids for lead in leads if lead.ids]
        logits = iter(in_groups(rows, self._given.batch.budget(self.about.device), self._network))
        return [
            self._tone(article, lead, next(logits) if lead.ids else None)
            for article, lead in zip(batch, leads, strict=True)
        ]

    def _lead(self, article: Article) -> Tokens:
        reader = self._network.reader
        text = article.lead or article.text
        return beginning(reader.tokenizer, text, article.language, reader.room)

    def _tone(self, article: Article, lead: Tokens, logits: FloatArray | None) -> Tone:
        label, score = _NEUTRAL, 0.0
        if logits is not None:
            shares = dict(zip(self._labels, softmax(logits).tolist(), strict=True))
            label = max(shares, key=shares.__getitem__)
            score = round(shares[_NEGATIVE] - shares[_POSITIVE], _DIGITS)
        read = Read(characters=lead.end, of=max(lead.end, len(article.text)))
        return Tone(label=label, score=score, threshold=self._given.threshold, read=read)
