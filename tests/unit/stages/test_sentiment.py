from pathlib import Path

import pytest

from app.config import settings
from app.core.errors import ModelError
from app.core.values import Article, Read
from app.models.device import Device
from app.stages.sentiment import SentimentStage
from tests.support.fake_classifiers import oracle_classifier
from tests.support.fakes import article
from tests.support.tiny_tokenizers import TEXT

LABELS = ("neutral", "Positive", "NEGATIVE")
WORDS = {"War": (0, 0, 3), "Music": (0, 3, 0), "Chair": (3, 0, 0), ".": (0, 0, 0)}


def sentiment_stage(
    window: int = 64, labels: tuple[str, ...] = LABELS, threshold: float = 0.2
) -> SentimentStage:
    """A stage whose model knows the words of WORDS."""
    classifier = oracle_classifier(WORDS, labels, window)
    return SentimentStage(classifier, settings.SentimentSettings(threshold=threshold))


def test_tones_are_in_the_order_of_the_batch() -> None:
    batch = [article(text=text) for text in ("War. War. War.", "Music.", "Chair. Chair.")]
    tones = sentiment_stage().run(batch)
    assert [tone.label for tone in tones] == ["NEGATIVE", "POSITIVE", "NEUTRAL"]
    assert [tone.rejected for tone in tones] == [True, False, False]


def test_the_score_is_negative_minus_positive() -> None:
    tone, opposite, neutral = sentiment_stage().run(
        [article(text=t) for t in ("War", "Music", "Chair")]
    )
    assert tone.score == pytest.approx(-opposite.score)
    assert 0.8 < tone.score < 1
    assert neutral.score == pytest.approx(0)
    assert tone.threshold == 0.2


def test_only_the_lead_is_read() -> None:
    (tone,) = sentiment_stage().run([article(text="Music. Music.\n\n== War ==\n\nWar. War. War.")])
    assert tone.label == "POSITIVE"
    assert tone.read == Read(characters=13, of=29)


def test_a_long_lead_is_cut_after_a_sentence() -> None:
    """A window of 7 tokens holds 2 special tokens and two sentences of 2 tokens."""
    (tone,) = sentiment_stage(window=7).run([article(text="Music. Music. War. War. War. War.")])
    assert tone.label == "POSITIVE"
    assert tone.read.characters == len("Music. Music.")


def test_the_score_is_the_mean_over_sentences() -> None:
    """A window of words would weigh the long sentence more."""
    long, short, both = sentiment_stage().run(
        [article(text=text) for text in ("War War War.", "Music.", "War War War. Music.")]
    )
    assert both.score == pytest.approx((long.score + short.score) / 2, abs=1e-4)
    assert both.read.characters == len("War War War. Music.")


def test_only_the_first_eight_sentences_are_read() -> None:
    (tone,) = sentiment_stage().run([article(text="Music. " * 8 + "War. " * 8)])
    assert tone.label == "POSITIVE"
    assert tone.read.characters == len("Music. " * 8) - 1


def test_an_article_without_text_is_neutral() -> None:
    silent, loud = sentiment_stage().run([article(text=""), article(text="War.")])
    assert (silent.label, silent.score, silent.read) == ("NEUTRAL", 0, Read(characters=0, of=0))
    assert loud.label == "NEGATIVE"


def test_an_article_without_lead_is_read_from_its_beginning() -> None:
    whole = article(text="War. War.")
    bare = Article(**{**whole.model_dump(), "lead": ""})
    assert sentiment_stage().run([bare]) == sentiment_stage().run([whole])


def test_an_empty_batch_returns_nothing() -> None:
    assert sentiment_stage().run([]) == []


@pytest.mark.parametrize("labels", [("1 star", "2 stars", "3 stars"), ("NEGATIVE", "A", "B")])
def test_a_model_without_negative_and_positive_classes_is_rejected(labels: tuple[str, ...]) -> None:
    with pytest.raises(ModelError, match="NEGATIVE and POSITIVE") as error:
        sentiment_stage(labels=labels)
    assert labels[0] in str(error.value)


def test_a_distilbert_with_two_classes_works(classifier_folder: Path) -> None:
    """The architecture and the labels of the preset `hub`."""
    given = settings.SentimentSettings(model=str(classifier_folder))
    stage = SentimentStage.load(given, Device())
    batch = [article(text=TEXT), article(text=""), article(text="London. She was angry.")]
    tones = stage.run(batch)
    assert [stage.run([one])[0].score for one in batch] == pytest.approx(
        [tone.score for tone in tones], abs=1e-5
    )
    assert 0 < tones[0].read.characters < tones[0].read.of
    assert stage.info.stage == "sentiment"
