"""Tests of the embedded models on the bundled articles, and of promises in their cards."""

import json
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from app.config.settings import CorpusSettings, Settings
from app.core.values import Article, Tone
from app.models import onnx
from app.models.device import Device
from app.models.encoding import Encoder
from app.models.model_dir import ONNX, ModelDir
from app.models.resolve import EMBEDDED_FOLDER
from app.sources.corpus import FOLDER, Corpus
from app.stages.entities import EntitiesStage
from app.stages.sentiment import SentimentStage
from tests.support import needs
from tests.support.fakes import article
from tests.unit.sources.test_articles import DARK
from training.probes import short

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
MOST_REJECTED = {"denials": 0.2, "harmless": 0.1, "harmless, dark words": 0.2}


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
        scores = [tone.score or 0 for tone in results]
        assert not any(tone.rejected for tone in results), sentence
        assert max(scores) - min(scores) <= LARGEST_SHIFT, sentence


def test_the_name_of_a_country_does_not_change_the_score(gate: SentimentStage) -> None:
    countries = ("Afghanistan", "the United States", "Burkina Faso", "Israel", "Iraq", "Norway")
    scores = [
        tone.score or 0 for tone in tones(gate, *(f"{one} is a country." for one in countries))
    ]
    assert max(scores) - min(scores) < 0.02


@pytest.mark.parametrize(("denial", "claim"), DENIALS)
def test_a_denial_of_harm_is_not_distressing(gate: SentimentStage, denial: str, claim: str) -> None:
    calm, dark = tones(gate, denial, claim)
    assert not calm.rejected
    assert dark.rejected


def test_the_names_of_an_article_do_not_depend_on_the_articles_beside_it(
    articles: list[Article],
) -> None:
    stage = EntitiesStage.load(Settings().entities, Device())
    some = articles[:10]
    assert stage.run(some) == [found for one in some for found in stage.run([one])]


def test_the_tone_of_an_article_does_not_depend_on_the_articles_beside_it(
    gate: SentimentStage, articles: list[Article]
) -> None:
    assert gate.run(articles) == [found for one in articles for found in gate.run([one])]


def test_short_harmless_leads_and_denials_mostly_pass(gate: SentimentStage) -> None:
    def score(texts: Sequence[str]) -> list[float]:
        return [tone.score or 0 for tone in tones(gate, *texts)]

    found = short(score, Settings().sentiment.threshold)
    rejected = {group: one["rejected"] for group, one in found.items()}
    assert rejected["distressing"] >= 0.96
    assert {group for group, most in MOST_REJECTED.items() if rejected[group] > most} == set()


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


@pytest.mark.parametrize(
    ("data", "floor"), [("CrossNER test", 0.757), ("Wikigold, last 20 %", 0.714)]
)
def test_the_recorded_f1_of_names_is_not_two_points_lower(data: str, floor: float) -> None:
    """A new training that loses more is no improvement, however fast the model is."""
    scores = json.loads((EMBEDDED_FOLDER / "entities" / "scores.json").read_text(encoding="utf-8"))
    assert scores["scores"][data]["int8"]["all"]["f1"] >= floor


def narrow() -> list[str]:
    """The stages whose embedded graph says that its weights have 7 bits."""
    files = {one: EMBEDDED_FOLDER / one / ONNX for one in ("sentiment", "entities")}
    sessions = {one: onnx.open_session(file, 1, wide=False) for one, file in files.items()}
    said = {one: run.get_modelmeta().custom_metadata_map for one, run in sessions.items()}
    return [one for one in said if said[one].get(onnx.WEIGHT_BITS) == "7"]


def test_the_tagger_of_names_has_weights_of_7_bits() -> None:
    assert "entities" in narrow()


@pytest.mark.parametrize("stage", narrow())
def test_no_product_of_weights_of_7_bits_can_overflow_16_bits(stage: str) -> None:
    """Two of them are added: each is at most 255, of an activation, times the largest weight."""
    made, export = needs.module("onnx"), needs.module("training.export")
    largest = export.largest_weight(made.load(EMBEDDED_FOLDER / stage / ONNX))
    assert 2 * 255 * largest < 2**15


@pytest.mark.parametrize("stage", narrow())
def test_every_kind_of_cpu_computes_the_same(stage: str, articles: list[Article]) -> None:
    """A wide session never adds in 16 bits; the other does so on a CPU without VNNI."""
    folder = ModelDir(stage, stage, EMBEDDED_FOLDER / stage)
    encoder = Encoder.of(folder, folder.tokenizer())
    texts = [line[:300] for one in articles for line in one.text.splitlines() if line][:300]
    rows = [one.ids for one in encoder.tokenizer.encode_batch(texts, add_special_tokens=False)]
    sessions = [onnx.open_session(folder.file(ONNX), 1, wide=wide) for wide in (False, True)]
    for row in rows:
        ids, mask = encoder.arrays([row])
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        given = {node.name: feed[node.name] for node in sessions[0].get_inputs()}
        one, other = (session.run(["logits"], given)[0] for session in sessions)
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-5)
