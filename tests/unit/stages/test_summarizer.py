import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from app.config import settings
from app.core.values import Read
from app.models.device import Device
from app.models.seq2seq import Seq2Seq
from app.stages.summarizer import (
    AbstractiveSummarizer,
    ExtractiveSummarizer,
    SummarizerStage,
    tidied,
)
from tests.support.fake_classifiers import INFO, Spy, encoder, whole_words
from tests.support.fakes import article
from tests.support.tiny_tokenizers import TEXT


class LastSentence:
    """Chooses the last sentence; records the candidates."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def choose(self, sentences: Sequence[str]) -> list[int]:
        self.seen = list(sentences)
        return [len(sentences) - 1]


def extract(text: str) -> tuple[LastSentence, str]:
    """Return the chooser, with its candidates, and the summary of a text."""
    chooser = LastSentence()
    (summary,) = ExtractiveSummarizer(chooser, INFO).run([article(text=text)])
    return chooser, summary.text


def test_candidates_are_whole_sentences() -> None:
    """Fragments, headings and list items are none."""
    chooser, summary = extract(
        "Ada met Charles. Ha! Works\n\nA list of names\n\nHe said: 'It ends.'"
    )
    assert chooser.seen == ["Ada met Charles.", "He said: 'It ends.'"]
    assert summary == "He said: 'It ends.'"


def test_a_text_without_whole_sentences_is_its_own_summary() -> None:
    assert extract("Ada Lovelace")[1] == "Ada Lovelace"


def test_the_embedded_summarizer_reads_the_whole_article() -> None:
    ada = article(text=TEXT)
    (summary,) = SummarizerStage.load(settings.SummarizerSettings(sentences=2), Device()).run([ada])
    assert summary.method == "extractive"
    assert summary.read == Read(characters=len(ada.text), of=len(ada.text))
    assert len(summary.text) < len(TEXT)


def test_an_article_without_text_has_an_empty_summary() -> None:
    empty = Read(characters=0, of=0)
    (extractive,) = ExtractiveSummarizer(LastSentence(), INFO).run([article(text="")])
    (abstractive,) = AbstractiveSummarizer(
        Seq2Seq(INFO, encoder(whole_words([])), lambda *_: []), 64
    ).run([article(text="")])
    assert (extractive.text, extractive.read) == ("", empty)
    assert (abstractive.text, abstractive.read) == ("", empty)


def test_a_model_reads_whole_sentences_within_its_window() -> None:
    """The fake model returns its input."""
    words = whole_words(["Ada", "met", "Charles", "London", "."])
    model = Seq2Seq(INFO, encoder(words, window=8), lambda ids, _: ids.tolist())
    long, short = AbstractiveSummarizer(model, 64).run(
        [article(text="Ada met Charles. Charles met Ada."), article(text="London.")]
    )
    assert (long.text, short.text) == ("Ada met Charles.", "London.")
    assert long.read == Read(characters=16, of=33)
    assert short.method == "abstractive"


def test_a_batch_is_split_by_length_within_the_token_budget() -> None:
    words = whole_words(["Ada", "."])
    spy = Spy(lambda ids, _: ids.astype(np.float32))
    model = Seq2Seq(INFO, encoder(words), lambda ids, mask: spy(ids, mask).astype(int).tolist())
    texts = ["Ada Ada Ada.", "Ada.", "Ada Ada Ada.", "Ada."]
    summaries = AbstractiveSummarizer(model, 14).run([article(text=text) for text in texts])
    assert [summary.text for summary in summaries] == texts
    assert spy.shapes == [(2, 4), (2, 6)]


def test_an_empty_batch_returns_nothing() -> None:
    assert ExtractiveSummarizer(LastSentence(), INFO).run([]) == []


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (" Ada met Charles . He  was\nangry .", "Ada met Charles. He was angry."),
        ("(a , b )", "(a, b)"),
        ("", ""),
    ],
)
def test_spaces_in_generated_text_are_tidied(written: str, text: str) -> None:
    """Models trained on news put spaces before full stops."""
    assert tidied(written) == text


def test_a_bart_writes_summaries(writer_folder: Path) -> None:
    """The architecture of the preset `hub`; the weights are random."""
    given = settings.SummarizerSettings(
        model=str(writer_folder), max_tokens=16, min_tokens=4, num_beams=2
    )
    stage = SummarizerStage.load(given, Device())
    batch = [article(text=TEXT), article(text="She was angry.")]
    long, short = stage.run(batch)
    assert (stage.info.stage, long.method) == ("summarizer", "abstractive")
    assert 0 < long.read.characters < long.read.of
    assert short.read.characters == short.read.of
    assert [long, short] == [stage.run([one])[0] for one in batch]


@pytest.mark.parametrize(("language", "declines"), [("ja", True), ("en-gb", False)])
def test_a_generative_model_declines_a_language_that_it_does_not_read(
    language: str, *, declines: bool
) -> None:
    info = INFO.model_copy(update={"languages": ("en",)})
    writer = Seq2Seq(info, encoder(whole_words(["a"])), lambda ids, _: ids.tolist())
    stage = SummarizerStage(AbstractiveSummarizer(writer, 1024))
    assert (stage.decline(article(language=language)) is not None) is declines


def test_the_embedded_summarizer_reads_every_language() -> None:
    stage = SummarizerStage.load(settings.SummarizerSettings(), Device())
    assert stage.info.languages == ("multilingual",)
    assert stage.decline(article(text="京都は日本の都市である。", language="ja")) is None


def test_the_languages_of_the_embedded_summarizer_can_be_limited() -> None:
    stage = SummarizerStage.load(settings.SummarizerSettings(languages=("en",)), Device())
    assert stage.decline(article(language="de")) is not None


def test_a_model_whose_card_names_the_language_sums_it_up(
    writer_folder: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(writer_folder, tmp_path / "writer")
    japanese = article(text="京都は日本の都市である。", language="ja")
    declined = {}
    for language in ("en", "ja"):
        (folder / "README.md").write_text(f"---\nlanguage: {language}\n---\n")
        given = settings.SummarizerSettings(model=str(folder), min_tokens=1)
        stage = SummarizerStage.load(given, Device())
        declined[language] = stage.decline(japanese) is not None
    assert declined == {"en": True, "ja": False}
    assert stage.run([japanese])[0].method == "abstractive"
