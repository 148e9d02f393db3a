from pathlib import Path

import pytest

from app import settings
from app.answer import Article, Read
from app.errors import ModelError
from app.models.device import Device
from app.stages.sentiment import Sentiment
from tests.support.fake_networks import oracle_classifier
from tests.support.fakes import article
from tests.support.tiny_tokenizers import TEXT

LABELS = ("neutral", "Positive", "NEGATIVE")
WORDS = {"War": (0, 0, 3), "Music": (0, 3, 0), "Chair": (3, 0, 0), ".": (0, 0, 0)}


def gate(window: int = 64, labels: tuple[str, ...] = LABELS, threshold: float = 0.2) -> Sentiment:
    """A gate that knows what three words sound like."""
    network = oracle_classifier(WORDS, labels, window)
    return Sentiment(network, settings.Sentiment(threshold=threshold))


def test_each_article_gets_its_own_tone() -> None:
    """In its place, whatever order their lengths have."""
    batch = [article(text=text) for text in ("War. War. War.", "Music.", "Chair. Chair.")]
    tones = gate().run(batch)
    assert [tone.label for tone in tones] == ["NEGATIVE", "POSITIVE", "NEUTRAL"]
    assert [tone.rejected for tone in tones] == [True, False, False]


def test_the_score_is_negative_less_positive() -> None:
    """Whatever the classes' order and case, and whatever else there is."""
    tone, opposite, neutral = gate().run([article(text=t) for t in ("War", "Music", "Chair")])
    assert tone.score == pytest.approx(-opposite.score)
    assert 0.8 < tone.score < 1
    assert neutral.score == pytest.approx(0)
    assert tone.threshold == 0.2


def test_the_lead_is_read_and_nothing_after_it() -> None:
    """The answer says how much of the article that was."""
    (tone,) = gate().run([article(text="Music. Music.\n\n== War ==\n\nWar. War. War.")])
    assert tone.label == "POSITIVE"
    assert tone.read == Read(characters=13, of=29)


def test_a_lead_that_does_not_fit_is_read_up_to_a_sentence() -> None:
    """Two sentences of two tokens each fit a window of seven, with its two special ones."""
    (tone,) = gate(window=7).run([article(text="Music. Music. War. War. War. War.")])
    assert tone.label == "POSITIVE"
    assert tone.read.characters == len("Music. Music.")


def test_an_article_without_text_is_neutral() -> None:
    """It passes, and its neighbours get their own tones."""
    silent, loud = gate().run([article(text=""), article(text="War.")])
    assert (silent.label, silent.score, silent.read) == ("NEUTRAL", 0, Read(characters=0, of=0))
    assert loud.label == "NEGATIVE"


def test_an_article_without_lead_is_read_from_its_beginning() -> None:
    """Sources need not tell leads."""
    whole = article(text="War. War.")
    bare = Article(**{**whole.model_dump(), "lead": ""})
    assert gate().run([bare]) == gate().run([whole])


def test_an_empty_batch_gives_nothing() -> None:
    """And no error."""
    assert gate().run([]) == []


@pytest.mark.parametrize("labels", [("1 star", "2 stars", "3 stars"), ("NEGATIVE", "A", "B")])
def test_classes_that_are_not_tones_are_refused(labels: tuple[str, ...]) -> None:
    """The message says what id2label must name."""
    with pytest.raises(ModelError, match="NEGATIVE and POSITIVE") as error:
        gate(labels=labels)
    assert labels[0] in str(error.value)


def test_a_distilbert_of_two_classes_is_a_gate(classifier_folder: Path) -> None:
    """The architecture and the labels of the preset `hub`."""
    given = settings.Sentiment(model=str(classifier_folder))
    stage = Sentiment.load(given, Device())
    batch = [article(text=TEXT), article(text=""), article(text="London. She was angry.")]
    tones = stage.run(batch)
    assert [stage.run([one])[0].score for one in batch] == pytest.approx(
        [tone.score for tone in tones], abs=1e-5
    )
    assert 0 < tones[0].read.characters < tones[0].read.of
    assert stage.about.stage == "sentiment"
