import time
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.models.extractive import Rows, SentenceRanker, words

TOPIC = [
    "The river rises in the hills and flows north to the sea.",
    "Its water drives mills along the valley.",
    "A bakery opened on Tuesday.",
    "The river and its valley are known for mills that its water drives.",
    "Somebody once sold hats nearby.",
    "Salmon swim up the river from the sea each autumn.",
]


def test_nothing_is_chosen_from_nothing() -> None:
    """No sentences, no summary."""
    assert SentenceRanker().choose([]) == []


def test_a_single_sentence_is_the_summary() -> None:
    """One sentence summarizes itself."""
    assert SentenceRanker().choose(["Alone."]) == [0]


def test_fewer_than_asked_are_all_chosen() -> None:
    """A text no longer than its summary is kept whole."""
    assert SentenceRanker(sentences=3).choose(TOPIC[:2]) == [0, 1]


def test_as_many_as_asked_in_reading_order() -> None:
    """The chosen sentences come as they stand in the text."""
    chosen = SentenceRanker(sentences=4).choose(TOPIC)

    assert len(chosen) == 4
    assert chosen == sorted(set(chosen))


def test_what_the_text_is_about_beats_asides() -> None:
    """Sentences far from the centre are left out."""
    assert {2, 4}.isdisjoint(SentenceRanker(sentences=3).choose(TOPIC))


def test_the_beginning_is_preferred_among_equals() -> None:
    """Of sentences that are all alike, the first ones are chosen."""
    assert SentenceRanker(sentences=3).choose(["The same again."] * 10) == [0, 1, 2]


def test_nothing_is_said_twice() -> None:
    """A repeated sentence gives way to one that adds something."""
    doubled = [TOPIC[0], TOPIC[0], TOPIC[3], *TOPIC[4:]]

    assert SentenceRanker(sentences=2).choose(doubled) != [0, 1]


def test_two_thousand_sentences_take_less_than_a_second() -> None:
    """Very long texts are no burden."""
    text = [f"Word{i} word{i * 7 % 301} stands beside word{i * 13 % 97}." for i in range(2000)]
    start = time.process_time()

    assert len(SentenceRanker(sentences=5).choose(text)) == 5
    assert time.process_time() - start < 1


@pytest.mark.parametrize(
    "text",
    [
        ["1 2 3", "4 5 6", "1 2 4", "7"],
        ["", " ", "...", "—"],
        ["Река течёт на север.", "Вода вращает мельницы.", "Река и вода.", "Лосось."],
        ["河は北へ流れる。", "水は水車を回す。", "河と水。", "鮭。"],
        ["نهر طويل", "ماء النهر", "سمك", "جبل"],
    ],
)
def test_numbers_signs_and_other_scripts_are_summarized_too(text: list[str]) -> None:
    """Whatever the sentences are made of, some are chosen."""
    assert len(SentenceRanker(sentences=2).choose(text)) == 2


@settings(deadline=None)
@given(st.lists(st.text(max_size=30), max_size=12), st.integers(1, 5))
def test_any_text_gives_different_sentences_in_order(text: list[str], count: int) -> None:
    """No text makes it stumble."""
    chosen = SentenceRanker(count).choose(text)

    assert len(chosen) == min(count, len(text))
    assert chosen == sorted(set(chosen))
    assert all(0 <= at < len(text) for at in chosen)


def test_another_representation_can_be_put_in() -> None:
    """Sentences may be likened by other vectors than words."""

    def alike(sentences: Sequence[str]) -> Rows:
        size = len(sentences)
        ones = np.ones(size)
        return Rows.of(np.arange(size), np.zeros(size, np.intp), ones, (size, 1))

    assert SentenceRanker(1, alike).choose(["a", "b", "c"]) == [0]


def test_words_have_unit_length() -> None:
    """A sentence's length does not count; a sentence without words is far from everything."""
    rows = words(["Mills and mills", "", "a river"])

    assert [float(np.linalg.norm(rows[at])) for at in range(3)] == pytest.approx([1, 0, 1])
