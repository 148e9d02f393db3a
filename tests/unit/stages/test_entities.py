import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from app.config import settings
from app.config.batching import BatchSettings
from app.core.values import Declined, Read
from app.models.device import Device
from app.models.model_info import ModelInfo
from app.stages.entities import EntitiesStage
from tests.support.fake_classifiers import Spy, oracle_tagger
from tests.support.fakes import article
from tests.support.tiny_tokenizers import TEXT

WHO = {
    "Ada": "B-PER",
    "Lovelace": "I-PER",
    "Charles": "B-PER",
    "Babbage": "I-PER",
    "London": "B-LOC",
    "met": "O",
    "in": "O",
    ".": "O",
    "'": "O",
    "s": "O",
}
SENTENCE = "Ada Lovelace met Charles Babbage in London."


def stage(**given: float) -> EntitiesStage:
    """A stage whose model knows the words of WHO."""
    return EntitiesStage(oracle_tagger(WHO), settings.EntitiesSettings.model_validate(given))


def names(text: str, **given: float) -> list[tuple[str, str, int]]:
    """Return (text, type, count) of each entity in a text."""
    (found,) = stage(**given).run([article(text=text)])
    return [(one.text, one.type, one.count) for one in found.items]


def test_entities_have_types_and_are_in_text_order() -> None:
    assert names(SENTENCE) == [
        ("Ada Lovelace", "PER", 1),
        ("Charles Babbage", "PER", 1),
        ("London", "LOC", 1),
    ]


def test_mentions_are_counted_across_windows_and_paragraphs() -> None:
    text = f"{SENTENCE} In London.\n\nLondon met Charles Babbage's London."
    assert names(text, window_tokens=16)[:2] == [
        ("London", "LOC", 4),
        ("Charles Babbage", "PER", 2),
    ]


def test_windows_of_all_articles_share_forward_passes() -> None:
    classifier = oracle_tagger(WHO)
    spy = Spy(classifier.forward)
    batching = BatchSettings(max_batch_tokens=64)
    found = EntitiesStage(
        replace(classifier, forward=spy),
        settings.EntitiesSettings(window_tokens=16, batch=batching),
    ).run([article(text=f"{SENTENCE} {SENTENCE}"), article(text=""), article(text=SENTENCE)])
    assert [[one.count for one in each.items] for each in found] == [[2, 2, 2], [], [1, 1, 1]]
    assert spy.shapes == [(3, 10)]


@pytest.mark.parametrize(("backend", "rows"), [("onnx", [1, 1, 1]), ("torch", [3])])
def test_a_window_is_alone_in_a_pass_only_in_onnx_runtime(backend: str, rows: list[int]) -> None:
    """Its int8 networks quantise a pass as a whole."""
    classifier = oracle_tagger(WHO)
    spy = Spy(classifier.forward)
    info = ModelInfo.model_validate({**dict(classifier.info), "backend": backend})
    given = settings.EntitiesSettings(window_tokens=16)
    EntitiesStage(replace(classifier, forward=spy, info=info), given).run(
        [article(text=f"{SENTENCE} {SENTENCE}"), article(text=SENTENCE)]
    )
    assert [count for count, _ in spy.shapes] == rows


def test_windows_never_exceed_the_models_limit() -> None:
    classifier = oracle_tagger(WHO, window=12)
    spy = Spy(classifier.forward)
    given = settings.EntitiesSettings(window_tokens=512)
    (found,) = EntitiesStage(replace(classifier, forward=spy), given).run(
        [article(text=" ".join([SENTENCE] * 9))]
    )
    assert {one.count for one in found.items} == {9}
    assert max(width for _, width in spy.shapes) <= 12


def test_a_long_article_is_cut_after_a_sentence() -> None:
    text = " ".join([SENTENCE] * 10)
    (found,) = stage(max_characters=200).run([article(text=text)])
    whole = 200 // (len(SENTENCE) + 1)
    assert found.read == Read(characters=whole * (len(SENTENCE) + 1) - 1, of=len(text))
    assert found.items[0].count == whole


def test_of_a_page_of_signs_a_third_is_read() -> None:
    """Each sign is a token, and would take the time of a word."""
    classifier = oracle_tagger(WHO)
    spy = Spy(classifier.forward)
    given = settings.EntitiesSettings(max_characters=300)
    text = "&" * 1000
    (found,) = EntitiesStage(replace(classifier, forward=spy), given).run([article(text=text)])
    assert found.read == Read(characters=100, of=1000)
    assert sum(rows * width for rows, width in spy.shapes) <= 2 * 100


def test_an_article_without_text_has_no_entities() -> None:
    (found,) = stage().run([article(text="")])
    assert (found.items, found.read) == ((), Read(characters=0, of=0))


def test_an_empty_batch_returns_nothing() -> None:
    assert stage().run([]) == []


def test_limit_and_min_score_apply() -> None:
    assert len(names(SENTENCE, limit=2)) == 2
    assert names(SENTENCE, min_score=1.0) == []


def test_a_bert_tagger_finds_whole_words(tagger_folder: Path) -> None:
    """The architecture of the preset `hub`; the weights are random."""
    given = settings.EntitiesSettings(model=str(tagger_folder), min_score=0, window_tokens=48)
    loaded = EntitiesStage.load(given, Device())
    together = loaded.run([article(text=TEXT), article(text="She met Ada in London.")])
    words = set(TEXT.replace(".", " ").replace(",", " ").replace("'", " ").split())
    assert together[0].items
    for entity in together[0].items:
        assert (
            set(entity.text.replace(".", " ").replace(",", " ").replace("'", " ").split()) <= words
        )
    assert loaded.info.stage == "entities"


def test_names_in_a_language_that_the_model_does_not_read_are_marked() -> None:
    reader = english_stage()
    german, english = article(text=SENTENCE, language="de"), article(text=SENTENCE)
    assert reader.decline(german) is None
    marked, plain = reader.run([german, english])
    assert marked.items == plain.items
    assert (marked.reason, plain.reason) == ("the model reads en; the article is in de", "")


def test_an_article_in_a_script_that_the_model_does_not_read_is_declined() -> None:
    text = "エイダはロンドンで生まれた。"
    declined = english_stage().decline(article(text=text, language="ja"))
    assert declined == Declined(reason="the model reads en; the article is in ja")
    assert stage().decline(article(text=text, language="ja")) is None


def english_stage() -> EntitiesStage:
    """A stage whose model knows the words of WHO, and reads English."""
    classifier = oracle_tagger(WHO)
    info = classifier.info.model_copy(update={"languages": ("en",)})
    return EntitiesStage(replace(classifier, info=info), settings.EntitiesSettings())


@pytest.mark.parametrize("language", ["multilingual", "[ja, en]"])
def test_a_model_whose_card_names_the_language_finds_names(
    tagger_folder: Path, tmp_path: Path, language: str
) -> None:
    folder = shutil.copytree(tagger_folder, tmp_path / "tagger")
    (folder / "README.md").write_text(f"---\nlanguage: {language}\n---\n")
    given = settings.EntitiesSettings(model=str(folder), min_score=0)
    loaded = EntitiesStage.load(given, Device())
    japanese = article(text="エイダはロンドンで生まれた。 Ada.", language="ja")
    assert loaded.decline(japanese) is None
    assert loaded.run([japanese])[0].reason == ""
