from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from app import settings
from app.answer import Read
from app.models.device import Device
from app.models.seq2seq import Seq2Seq
from app.stages.summarizer import Abstracts, Extracts, Summarizer, tidied
from tests.support.fake_networks import ABOUT, Spy, reader, whole_words
from tests.support.fakes import article
from tests.support.tiny_tokenizers import TEXT


class Last:
    """Chooses the last sentence; remembers what it could choose from."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def choose(self, sentences: Sequence[str]) -> list[int]:
        """Its place."""
        self.seen = list(sentences)
        return [len(sentences) - 1]


def extract(text: str) -> tuple[Last, str]:
    """What could be chosen from a text, and the summary."""
    chooser = Last()
    (summary,) = Extracts(chooser, ABOUT).run([article(text=text)])
    return chooser, summary.text


def test_whole_sentences_are_chosen_from() -> None:
    """Scraps, headings and items of lists are none."""
    chooser, summary = extract(
        "Ada met Charles. Ha! Works\n\nA list of names\n\nHe said: 'It ends.'"
    )
    assert chooser.seen == ["Ada met Charles.", "He said: 'It ends.'"]
    assert summary == "He said: 'It ends.'"


def test_where_nothing_is_a_whole_sentence_anything_may_be_chosen() -> None:
    """A stub has a summary too."""
    assert extract("Ada Lovelace")[1] == "Ada Lovelace"


def test_the_embedded_summarizer_reads_the_whole_article() -> None:
    """And says so."""
    ada = article(text=TEXT)
    (summary,) = Summarizer.load(settings.Summarizer(sentences=2), Device()).run([ada])
    assert summary.method == "extractive"
    assert summary.read == Read(characters=len(ada.text), of=len(ada.text))
    assert len(summary.text) < len(TEXT)


def test_an_article_without_text_has_an_empty_summary() -> None:
    """Neither chooser nor model is asked."""
    empty = Read(characters=0, of=0)
    (extractive,) = Extracts(Last(), ABOUT).run([article(text="")])
    (abstractive,) = Abstracts(Seq2Seq(ABOUT, reader(whole_words([])), lambda *_: []), 64).run(
        [article(text="")]
    )
    assert (extractive.text, extractive.read) == ("", empty)
    assert (abstractive.text, abstractive.read) == ("", empty)


def test_a_model_reads_whole_sentences_within_its_window() -> None:
    """A fake that writes what it reads shows them."""
    words = whole_words(["Ada", "met", "Charles", "London", "."])
    model = Seq2Seq(ABOUT, reader(words, window=8), lambda ids, _: ids.tolist())
    long, short = Abstracts(model, 64).run(
        [article(text="Ada met Charles. Charles met Ada."), article(text="London.")]
    )
    assert (long.text, short.text) == ("Ada met Charles.", "London.")
    assert long.read == Read(characters=16, of=33)
    assert short.method == "abstractive"


def test_a_batch_is_cut_by_length() -> None:
    """Within the budget of tokens."""
    words = whole_words(["Ada", "."])
    spy = Spy(lambda ids, _: ids.astype(np.float32))
    model = Seq2Seq(ABOUT, reader(words), lambda ids, mask: spy(ids, mask).astype(int).tolist())
    texts = ["Ada Ada Ada.", "Ada.", "Ada Ada Ada.", "Ada."]
    summaries = Abstracts(model, 14).run([article(text=text) for text in texts])
    assert [summary.text for summary in summaries] == texts
    assert spy.shapes == [(2, 4), (2, 6)]


def test_an_empty_batch_gives_nothing() -> None:
    """And no error."""
    assert Extracts(Last(), ABOUT).run([]) == []


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (" Ada met Charles . He  was\nangry .", "Ada met Charles. He was angry."),
        ("(a , b )", "(a, b)"),
        ("", ""),
    ],
)
def test_what_a_model_writes_is_tidied(written: str, text: str) -> None:
    """Models of news leave spaces before full stops."""
    assert tidied(written) == text


def test_a_bart_writes_summaries(writer_folder: Path) -> None:
    """The architecture of the preset `hub`; with random weights they mean nothing."""
    given = settings.Summarizer(model=str(writer_folder), max_tokens=16, min_tokens=4, beams=2)
    stage = Summarizer.load(given, Device())
    batch = [article(text=TEXT), article(text="She was angry.")]
    long, short = stage.run(batch)
    assert (stage.about.stage, long.method) == ("summarizer", "abstractive")
    assert 0 < long.read.characters < long.read.of
    assert short.read.characters == short.read.of
    assert [long, short] == [stage.run([one])[0] for one in batch]
