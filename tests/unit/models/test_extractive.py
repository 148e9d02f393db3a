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


def test_no_sentences_yield_an_empty_summary() -> None:
    assert SentenceRanker().choose([]) == []


def test_a_single_sentence_is_chosen() -> None:
    assert SentenceRanker().choose(["Alone."]) == [0]


def test_all_of_a_short_text_is_chosen() -> None:
    assert SentenceRanker(sentences=3).choose(TOPIC[:2]) == [0, 1]


def test_the_chosen_sentences_are_in_reading_order() -> None:
    chosen = SentenceRanker(sentences=4).choose(TOPIC)

    assert len(chosen) == 4
    assert chosen == sorted(set(chosen))


def test_sentences_far_from_the_centroid_are_not_chosen() -> None:
    assert {2, 4}.isdisjoint(SentenceRanker(sentences=3).choose(TOPIC))


def test_the_first_of_equal_sentences_are_chosen() -> None:
    assert SentenceRanker(sentences=3).choose(["The same again."] * 10) == [0, 1, 2]


def test_a_repeated_sentence_is_not_chosen() -> None:
    doubled = [TOPIC[0], TOPIC[0], TOPIC[3], *TOPIC[4:]]

    assert SentenceRanker(sentences=2).choose(doubled) != [0, 1]


def test_two_thousand_sentences_take_less_than_a_second() -> None:
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
def test_numbers_punctuation_and_other_scripts_are_summarized(text: list[str]) -> None:
    assert len(SentenceRanker(sentences=2).choose(text)) == 2


@settings(deadline=None)
@given(st.lists(st.text(max_size=30), max_size=12), st.integers(1, 5))
def test_any_text_yields_distinct_sentences_in_order(text: list[str], count: int) -> None:
    chosen = SentenceRanker(count).choose(text)

    assert len(chosen) == min(count, len(text))
    assert chosen == sorted(set(chosen))
    assert all(0 <= at < len(text) for at in chosen)


def test_another_representation_can_be_passed() -> None:
    def alike(sentences: Sequence[str]) -> Rows:
        size = len(sentences)
        ones = np.ones(size)
        return Rows.of(np.arange(size), np.zeros(size, np.intp), ones, (size, 1))

    assert SentenceRanker(1, alike).choose(["a", "b", "c"]) == [0]


def test_rows_of_words_have_unit_length_or_are_zero() -> None:
    rows = words(["Mills and mills", "", "a river"])

    assert [float(np.linalg.norm(rows[at])) for at in range(3)] == pytest.approx([1, 0, 1])
