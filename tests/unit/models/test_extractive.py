from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.text import length, words
from app.models.extractive import Sentence, SentenceRanker, relevance, tf_idf
from tests.support.work import within

TOPIC = [
    "The river rises in the hills and flows north to the sea.",
    "Its water drives mills along the valley.",
    "A bakery opened on Tuesday.",
    "The river and its valley are known for mills that its water drives.",
    "Somebody once sold hats nearby.",
    "Salmon swim up the river from the sea each autumn.",
]


def plain(texts: Iterable[str]) -> list[Sentence]:
    """Sentences that stand alone, outside the lead."""
    return [Sentence(text) for text in texts]


def test_no_sentences_yield_an_empty_summary() -> None:
    assert SentenceRanker().choose([]) == []


def test_all_of_a_short_text_is_chosen() -> None:
    assert SentenceRanker(sentences=3).choose(plain(TOPIC[:2])) == [0, 1]


def test_the_chosen_sentences_are_in_reading_order() -> None:
    chosen = SentenceRanker(sentences=4).choose(plain(TOPIC))

    assert len(chosen) == 4
    assert chosen == sorted(set(chosen))


def test_the_first_sentence_is_always_chosen() -> None:
    """It defines the topic; and it is kept if it is too long alone."""
    swapped = plain([TOPIC[4], *TOPIC[:4]])
    assert SentenceRanker(sentences=1).choose(swapped) == [0]
    assert SentenceRanker(max_words=3).choose(swapped) == [0]


def test_a_sentence_that_is_much_too_long_is_not_chosen_if_another_stands_alone() -> None:
    long, leaning = Sentence("The river flows " * 31), Sentence(TOPIC[1], leans=True)
    ranker = SentenceRanker(max_words=60)
    assert ranker.choose([long, leaning, Sentence(TOPIC[0])]) == [2]
    assert ranker.choose([long, leaning]) == [0]


def test_sentences_far_from_the_centroid_are_not_chosen() -> None:
    assert {2, 4}.isdisjoint(SentenceRanker(sentences=3).choose(plain(TOPIC)))


def test_the_summary_ends_before_it_is_too_long() -> None:
    long = SentenceRanker(sentences=6, max_words=40).choose(plain(TOPIC))
    assert sum(length(TOPIC[at]) for at in long) <= 40
    assert len(long) < len(TOPIC)


def test_a_sentence_that_fits_follows_one_that_is_too_long() -> None:
    texts = [TOPIC[0], f"The river {'and the sea ' * 20}.", TOPIC[3]]
    assert SentenceRanker(max_words=30).choose(plain(texts)) == [0, 2]


def test_a_repeated_sentence_is_not_chosen() -> None:
    assert SentenceRanker(sentences=3).choose(plain(["The same again."] * 10)) == [0]
    assert SentenceRanker(sentences=2).choose(plain([TOPIC[0], TOPIC[0], TOPIC[3]])) == [0, 2]


def test_a_sentence_that_leans_is_chosen_only_after_the_one_before_it() -> None:
    leaning = [
        Sentence(TOPIC[0]),
        Sentence(TOPIC[2]),
        Sentence("It and the river with its mills flow to the sea.", leans=True),
        Sentence(TOPIC[4]),
    ]
    for count in range(1, 5):
        chosen = SentenceRanker(sentences=count).choose(leaning)
        assert 2 not in chosen or 1 in chosen
    assert SentenceRanker(sentences=2).choose([leaning[0], leaning[2]]) == [0, 1]


def test_sentences_of_the_lead_are_chosen_if_it_is_long_enough() -> None:
    texts = [Sentence(text, in_lead=at < 3) for at, text in enumerate(TOPIC)]
    assert max(SentenceRanker(sentences=4, max_words=20).choose(texts)) < 3
    assert max(SentenceRanker(sentences=4, max_words=60).choose(texts)) >= 3


def test_two_thousand_sentences_take_less_than_a_second() -> None:
    text = [f"Word{i} word{i * 7 % 301} stands beside word{i * 13 % 97}." for i in range(2000)]
    with within(60):
        assert len(SentenceRanker(sentences=5).choose(plain(text))) == 5


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
    assert len(SentenceRanker(sentences=2).choose(plain(text))) == 2


@settings(deadline=None)
@given(
    st.lists(st.builds(Sentence, st.text(max_size=30), st.booleans(), st.booleans()), max_size=12),
    st.integers(1, 5),
    st.integers(1, 20),
)
def test_any_text_yields_distinct_sentences_in_order_within_the_bounds(
    text: list[Sentence], count: int, most: int
) -> None:
    chosen = SentenceRanker(count, most).choose(text)

    assert min(1, len(text)) <= len(chosen) <= count
    assert chosen == sorted(set(chosen))
    assert all(0 <= at < len(text) for at in chosen)
    assert len(chosen) < 2 or sum(length(text[at].text) for at in chosen) <= most
    assert all(at == 0 or not text[at].leans or at - 1 in chosen for at in chosen)


def test_rows_of_words_have_unit_length_or_are_zero() -> None:
    rows = tf_idf([words(text) for text in ("mills and mills", "", "a river")])

    assert [float(np.linalg.norm(rows[at])) for at in range(3)] == pytest.approx([1, 0, 1])


def test_scores_are_between_0_and_1() -> None:
    scores = relevance(tf_idf([words(text) for text in TOPIC]))
    assert (scores.min(), scores.max()) == (0, 1)
