import shutil
from collections.abc import Sequence
from pathlib import Path

import hypothesis
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.config import settings
from app.config.batching import Budget
from app.core.text import length
from app.core.values import Article, Read, Summary
from app.models.device import Device
from app.models.extractive import Sentence
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

    max_words = 5

    def __init__(self) -> None:
        self.seen: list[Sentence] = []

    def choose(self, sentences: Sequence[Sentence]) -> list[int]:
        self.seen = list(sentences)
        return [len(sentences) - 1] if sentences else []


def extract(text: str) -> tuple[list[Sentence], Summary]:
    """The candidates in a text, and its summary."""
    chooser = LastSentence()
    (summary,) = ExtractiveSummarizer(chooser, INFO).run([article(text=text)])
    return chooser.seen, summary


def embedded(*articles: Article) -> list[Summary]:
    """Summaries with the default settings."""
    return SummarizerStage.load(settings.SummarizerSettings(), Device()).run(articles)


def quoted(summary: Summary, of: Article) -> list[str]:
    """The pieces of an article at the places of its summary."""
    return [of.text[place.start : place.end] for place in summary.sentences]


def test_candidates_are_whole_sentences() -> None:
    """Fragments, headings and list items are none."""
    seen, summary = extract(
        "Ada met Charles in London that year. Ha! Works\n\nA list of names\n\nBoth said: 'It ends.'"
    )
    assert [one.text for one in seen] == ["Ada met Charles in London that year."]
    assert summary.text == "Ada met Charles in London that year."


def test_the_chooser_learns_what_is_in_the_lead_and_what_leans() -> None:
    seen, _ = extract("Ada wrote the first program. She lived in London.\n\nAda died in 1852.")
    assert [(one.in_lead, one.leans) for one in seen] == [
        (True, False),
        (True, True),
        (False, False),
    ]


def test_a_text_without_whole_sentences_is_its_own_summary() -> None:
    assert extract("Ada Lovelace")[1].text == "Ada Lovelace"


def test_a_list_is_summed_up_by_its_first_items() -> None:
    people = article(text="John Adair\n\nRuth Benedict\n\nMary Douglas")
    (summary,) = ExtractiveSummarizer(LastSentence(), INFO).run([people])
    assert (summary.method, summary.text) == ("list", "John Adair; Ruth Benedict")
    assert quoted(summary, people) == ["John Adair", "Ruth Benedict"]
    assert summary.read == Read(characters=len(people.text), of=len(people.text))


def test_the_embedded_summarizer_keeps_to_its_bounds() -> None:
    ada = article(text=TEXT)
    given = settings.SummarizerSettings(sentences=2, max_words=20)
    (summary,) = SummarizerStage.load(given, Device()).run([ada])
    assert summary.method == "extractive"
    assert summary.read == Read(characters=len(ada.text), of=len(ada.text))
    assert len(summary.sentences) <= 2
    assert length(summary.text) <= 20


def test_a_text_of_one_huge_sentence_is_cut() -> None:
    source = article(text="Ada wrote letters, notes and a program, " * 30 + "and rode.")
    (summary,) = embedded(source)
    assert length(summary.text) <= 60
    assert summary.text == f"{quoted(summary, source)[0]}…"


PIECES = st.sampled_from(
    [
        "Kyoto is a city in Japan.",
        "It has many temples.",
        "However, few are old.",
        "This is a list of temples.",
        "Temples",
        "Kinkaku-ji",
        "x" * 900,
        "京都は日本の都市である。",
        "人口は約百四十万人である。",
        "ताज महल भारत में है।",
        "He said (in 1901",
        "was built in 1800.",
        "\n",
        "\n\n",
        "== History ==\n",
        "\u2028",
        "()",
        "* ",
        '"Yes," she said.',
    ]
)


@hypothesis.settings(deadline=None, max_examples=300)
@given(st.lists(PIECES | st.text(max_size=20), max_size=40).map(" ".join))
def test_a_summary_is_made_of_the_pieces_of_the_article_at_its_places(raw: str) -> None:
    source = article(text=raw)
    (summary,) = embedded(source)
    separator = "; " if summary.method == "list" else " "
    joined = separator.join(quoted(summary, source))
    assert summary.text in {joined, f"{joined}…"}
    places = [edge for one in summary.sentences for edge in (one.start, one.end)]
    assert places == sorted(places)
    assert max(places, default=0) <= summary.read.characters <= summary.read.of
    assert "\n" not in summary.text
    assert bool(summary.text) == bool(source.text.strip())


ARTICLES = {
    "Quoll": """\
A quoll is a small marsupial of Australia and New Guinea. It hunts at night. These animals eat \
insects, birds and small mammals, and the largest of them also eat wallabies that have been \
killed on roads. In 1770 James Cook collected quolls on the east coast. However, he took the \
word from the people who lived there.

== Species ==

There are six species. The latter two live in New Guinea.""",
    "List of rivers of Alaska": """\
This is a list of the rivers of Alaska.

Yukon

Tanana

Kuskokwim

Copper River""",
    "Lake": """\
For other uses, see Lake (disambiguation).

Six hours later the ice melts. This article is about water. A lake is a body of water that is \
surrounded by land. Lakes are fed by rivers (see below""",
}


@pytest.mark.parametrize("title", ARTICLES)
def test_a_summary_is_what_a_person_would_keep(title: str) -> None:
    source = article(title, ARTICLES[title])
    (summary,) = embedded(source)
    first = summary.text.split()[0]
    assert first in {"A", "Yukon;"}
    assert length(summary.text) <= 60
    assert "list of" not in summary.text
    assert all(one[-1] == "." for one in quoted(summary, source)) == (summary.method != "list")


def test_an_article_without_text_has_an_empty_summary() -> None:
    empty = Read(characters=0, of=0)
    (extractive,) = ExtractiveSummarizer(LastSentence(), INFO).run([article(text="")])
    (abstractive,) = AbstractiveSummarizer(
        Seq2Seq(INFO, encoder(whole_words([])), lambda *_: []), Budget(64, 0)
    ).run([article(text="")])
    assert (extractive.text, extractive.read) == ("", empty)
    assert (abstractive.text, abstractive.read) == ("", empty)


def test_a_model_reads_whole_sentences_within_its_window() -> None:
    """The fake model returns its input."""
    words = whole_words(["Ada", "met", "Charles", "London", "."])
    model = Seq2Seq(INFO, encoder(words, window=8), lambda ids, _: ids.tolist())
    long, short = AbstractiveSummarizer(model, Budget(64, 0)).run(
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
    summaries = AbstractiveSummarizer(model, Budget(14, 0)).run(
        [article(text=text) for text in texts]
    )
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
    stage = SummarizerStage(AbstractiveSummarizer(writer, Budget(1024, 0)))
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
