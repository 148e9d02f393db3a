from dataclasses import replace
from pathlib import Path

from app import settings
from app.answer import Read
from app.models.device import Device
from app.stages.entities import Entities
from tests.support.fake_networks import Spy, oracle_tagger
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


def stage(**given: float) -> Entities:
    """A stage that knows who is who."""
    return Entities(oracle_tagger(WHO), settings.Entities.model_validate(given))


def names(text: str, **given: float) -> list[tuple[str, str, int]]:
    """What is found in a text."""
    (found,) = stage(**given).run([article(text=text)])
    return [(one.text, one.type, one.count) for one in found.items]


def test_names_are_found_with_their_types() -> None:
    """In the order in which they stand, where nothing else tells them apart."""
    assert names(SENTENCE) == [
        ("Ada Lovelace", "PER", 1),
        ("Charles Babbage", "PER", 1),
        ("London", "LOC", 1),
    ]


def test_mentions_are_counted_over_the_whole_article() -> None:
    """Windows and paragraphs do not matter."""
    text = f"{SENTENCE} In London.\n\nLondon met Charles Babbage's London."
    assert names(text, window_tokens=16)[:2] == [
        ("London", "LOC", 4),
        ("Charles Babbage", "PER", 2),
    ]


def test_windows_of_all_articles_share_forward_passes() -> None:
    """Cut by length, within the budget of tokens; each article gets its own names back."""
    network = oracle_tagger(WHO)
    spy = Spy(network.forward)
    batching = settings.Batching(tokens=64)
    found = Entities(
        replace(network, forward=spy), settings.Entities(window_tokens=16, batch=batching)
    ).run([article(text=f"{SENTENCE} {SENTENCE}"), article(text=""), article(text=SENTENCE)])
    assert [[one.count for one in each.items] for each in found] == [[2, 2, 2], [], [1, 1, 1]]
    assert spy.shapes == [(3, 10)]


def test_no_window_is_longer_than_the_model_can_read() -> None:
    """Whatever the settings ask for."""
    network = oracle_tagger(WHO, window=12)
    spy = Spy(network.forward)
    given = settings.Entities(window_tokens=512)
    (found,) = Entities(replace(network, forward=spy), given).run([article(text=SENTENCE * 9)])
    assert {one.count for one in found.items} == {9}
    assert max(width for _, width in spy.shapes) <= 12


def test_a_long_article_is_read_up_to_a_sentence() -> None:
    """The answer says how far."""
    text = " ".join([SENTENCE] * 10)
    (found,) = stage(max_characters=200).run([article(text=text)])
    whole = 200 // (len(SENTENCE) + 1)
    assert found.read == Read(characters=whole * (len(SENTENCE) + 1) - 1, of=len(text))
    assert found.items[0].count == whole


def test_an_article_without_text_has_no_names() -> None:
    """And is no error."""
    (found,) = stage().run([article(text="")])
    assert (found.items, found.read) == ((), Read(characters=0, of=0))


def test_an_empty_batch_gives_nothing() -> None:
    """And no error."""
    assert stage().run([]) == []


def test_limit_and_least_score_are_the_settings() -> None:
    """The first of them are kept."""
    assert len(names(SENTENCE, limit=2)) == 2
    assert names(SENTENCE, min_score=1.0) == []


def test_a_bert_tagger_finds_whole_words(tagger_folder: Path) -> None:
    """The architecture of the preset `hub`; with random weights it finds odd names, but names."""
    given = settings.Entities(model=str(tagger_folder), min_score=0, window_tokens=48)
    loaded = Entities.load(given, Device())
    together = loaded.run([article(text=TEXT), article(text="She met Ada in London.")])
    words = set(TEXT.replace(".", " ").replace(",", " ").replace("'", " ").split())
    assert together[0].items
    for entity in together[0].items:
        assert (
            set(entity.text.replace(".", " ").replace(",", " ").replace("'", " ").split()) <= words
        )
    assert loaded.about.stage == "entities"
