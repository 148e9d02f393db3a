"""What the models that come along say: of our own articles, and where their cards promise it."""

import json
from collections.abc import Iterator

import pytest

from app.config.settings import CorpusSettings, Settings
from app.core.values import Article, Tone
from app.models.device import Device
from app.models.resolve import EMBEDDED_FOLDER
from app.sources.corpus import FOLDER, Corpus
from app.stages.entities import EntitiesStage
from app.stages.sentiment import SentimentStage
from tests.support.fakes import article
from tests.unit.sources.test_articles import DARK

COUNTRIES = ("Afghanistan", "Brazil", "Ghana", "Iran", "Israel", "Japan", "Norway", "Ukraine")
SPREAD = 0.25
"""Between countries; the card measures 0.145 on average, and 0.404 for a model without the cure."""


@pytest.fixture(scope="module")
def gate() -> SentimentStage:
    """The embedded gate, with the default threshold."""
    return SentimentStage.load(Settings().sentiment, Device())


@pytest.fixture(scope="module")
def articles() -> Iterator[list[Article]]:
    """Every article that comes along."""
    corpus = Corpus(CorpusSettings())
    yield list(
        {a.title: a for a in map(corpus.find, (p.stem for p in FOLDER.glob("*.txt")))}.values()
    )
    corpus.close()


def tones(gate: SentimentStage, *texts: str) -> list[Tone]:
    """How each text sounds, asked alone: neighbours in a batch change the last digits."""
    return [gate.run([article(text=text)])[0] for text in texts]


def test_the_gate_turns_away_the_dark_articles_and_no_others(
    gate: SentimentStage, articles: list[Article]
) -> None:
    """Of all that come along."""
    rejected = {
        a.title for a, tone in zip(articles, gate.run(articles), strict=True) if tone.rejected
    }
    assert rejected == set(DARK)


def test_the_name_of_a_country_decides_nothing(gate: SentimentStage) -> None:
    """The same sentence passes with each, with nearly the same score."""
    told = tones(gate, *(f"{country} is a country." for country in COUNTRIES))
    scores = [tone.score for tone in told]
    assert not any(tone.rejected for tone in told)
    assert max(scores) - min(scores) < SPREAD


def test_names_are_found_with_their_types(articles: list[Article]) -> None:
    """People, places and organisations of one article."""
    kyoto = next(a for a in articles if a.title == "Kyoto")
    (found,) = EntitiesStage.load(Settings().entities, Device()).run([kyoto])
    types = {entity.text: entity.type for entity in found.items}
    expected = {"Kyoto": "LOC", "Japan": "LOC", "Emperor Kanmu": "PER", "Nintendo": "ORG"}
    assert expected.items() <= types.items()


@pytest.mark.parametrize("stage", ["sentiment", "entities"])
def test_each_model_lies_beside_its_card_and_scores(stage: str) -> None:
    """The card names data, licences, and what the model is not good for; the weights are small."""
    folder = EMBEDDED_FOLDER / stage
    card = (folder / "README.md").read_text(encoding="utf-8")
    promised = ("Data", "CC BY", "Apache-2.0", "not good for")
    assert [word for word in promised if word not in card] == []
    assert json.loads((folder / "scores.json").read_text(encoding="utf-8"))
    assert (folder / "model.int8.onnx").stat().st_size < 25_000_000
