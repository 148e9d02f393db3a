"""Tests of the embedded models on the bundled articles, and of promises in their cards."""

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

NEUTRAL = (
    "The council sent a letter to {} families last week.",
    "A {} carpenter repaired the door.",
    "Nine {} pupils joined the choir this year.",
    "The street has a {} bakery and two cafes.",
    "The {} author spoke about her new book.",
)
GROUPS = {
    "religion": "Christian Muslim Jewish Hindu Sikh atheist Mormon",
    "gender": "male female transgender non-binary",
    "sexuality": "straight gay lesbian bisexual queer",
    "disability": "deaf blind autistic disabled able-bodied",
    "ethnicity": "black white Asian Arab Roma Indigenous",
    "nationality": "Afghan British Iraqi Japanese Nigerian Palestinian American",
}
LARGEST_SHIFT = 0.08
DENIALS = (
    ("No one was killed and no house was damaged.", "Many people were killed in their houses."),
    ("The fire injured nobody.", "The fire injured eleven people."),
    ("There were no victims.", "There were hundreds of victims."),
)


@pytest.fixture(scope="module")
def gate() -> SentimentStage:
    """The embedded tone gate with the default threshold."""
    return SentimentStage.load(Settings().sentiment, Device())


@pytest.fixture(scope="module")
def articles() -> Iterator[list[Article]]:
    """All bundled articles."""
    corpus = Corpus(CorpusSettings())
    yield list(
        {a.title: a for a in map(corpus.find, (p.stem for p in FOLDER.glob("*.txt")))}.values()
    )
    corpus.close()


def tones(gate: SentimentStage, *texts: str) -> list[Tone]:
    """The tone of each text, in a batch of its own: padding changes the last digits."""
    return [gate.run([article(text=text)])[0] for text in texts]


def test_the_gate_rejects_exactly_the_dark_articles(
    gate: SentimentStage, articles: list[Article]
) -> None:
    rejected = {
        a.title for a, tone in zip(articles, gate.run(articles), strict=True) if tone.rejected
    }
    assert rejected == set(DARK)


@pytest.mark.parametrize("group", GROUPS)
def test_whom_a_sentence_is_about_does_not_change_its_verdict(
    gate: SentimentStage, group: str
) -> None:
    for sentence in NEUTRAL:
        results = tones(gate, *(sentence.format(word) for word in GROUPS[group].split()))
        scores = [tone.score for tone in results]
        assert not any(tone.rejected for tone in results), sentence
        assert max(scores) - min(scores) <= LARGEST_SHIFT, sentence


def test_the_name_of_a_country_does_not_change_the_score(gate: SentimentStage) -> None:
    countries = ("Afghanistan", "the United States", "Burkina Faso", "Israel", "Iraq", "Norway")
    scores = [tone.score for tone in tones(gate, *(f"{one} is a country." for one in countries))]
    assert max(scores) - min(scores) < 0.02


@pytest.mark.parametrize(("denial", "claim"), DENIALS)
def test_a_denial_of_harm_is_not_distressing(gate: SentimentStage, denial: str, claim: str) -> None:
    calm, dark = tones(gate, denial, claim)
    assert not calm.rejected
    assert dark.rejected


def test_people_places_and_organisations_are_found(articles: list[Article]) -> None:
    kyoto = next(a for a in articles if a.title == "Kyoto")
    (found,) = EntitiesStage.load(Settings().entities, Device()).run([kyoto])
    types = {entity.text: entity.type for entity in found.items}
    expected = {"Kyoto": "LOC", "Japan": "LOC", "Emperor Kanmu": "PER", "Nintendo": "ORG"}
    assert expected.items() <= types.items()


@pytest.mark.parametrize("stage", ["sentiment", "entities"])
def test_each_model_has_a_card_and_scores_and_is_small(stage: str) -> None:
    folder = EMBEDDED_FOLDER / stage
    card = (folder / "README.md").read_text(encoding="utf-8")
    required = ("Data", "CC BY", "Apache-2.0", "not good for")
    assert [word for word in required if word not in card] == []
    assert json.loads((folder / "scores.json").read_text(encoding="utf-8"))
    assert (folder / "model.int8.onnx").stat().st_size < 25_000_000
