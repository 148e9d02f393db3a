from collections.abc import Container, Sequence

import numpy as np
import pytest

from app.core.text import Span
from app.stages.mentions import Scheme, mentions
from app.stages.windows import Tokens, tokenise
from tests.support.fake_classifiers import SURE, whole_words

BIO = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")


def found(
    text: str, tags: Sequence[str], labels: tuple[str, ...] = BIO, starts: Container[int] = ()
) -> list[tuple[str, str]]:
    """Return (text, type) of each mention, if word n of the text has tags[n]."""
    tokens = tokenise(whole_words(text.split()), Span(0, len(text), text))
    assert len(tokens) == len(tags)
    logits = np.zeros((len(tags), len(labels)), np.float32)
    for mention_of, tag in enumerate(tags):
        logits[mention_of, labels.index(tag)] = SURE
    spans = mentions(text, Scheme(labels).words(tokens, logits), starts)
    return [(text[one.start : one.end], one.type) for one in spans]


def test_b_begins_a_name_and_i_continues_it() -> None:
    assert found("Ada Byron Charles in London", ["B-PER", "I-PER", "B-PER", "O", "B-LOC"]) == [
        ("Ada Byron", "PER"),
        ("Charles", "PER"),
        ("London", "LOC"),
    ]


def test_i_without_b_begins_a_name() -> None:
    """IOB1 writes B only between two names of a type."""
    assert found("Ada Byron London Charles", ["I-PER", "I-PER", "I-LOC", "I-PER"]) == [
        ("Ada Byron", "PER"),
        ("London", "LOC"),
        ("Charles", "PER"),
    ]


def test_labels_without_prefix_join_adjacent_words() -> None:
    tags = ["PER", "PER", "O", "LOC"]
    assert found("Ada Byron in London", tags, ("O", "PER", "LOC")) == [
        ("Ada Byron", "PER"),
        ("London", "LOC"),
    ]


def test_bilou_labels_are_supported() -> None:
    """U marks a one-word name, L the last word of a name."""
    labels = ("O", "B-PER", "I-PER", "L-PER", "U-PER")
    assert found("Ada Byron Charles", ["B-PER", "L-PER", "U-PER"], labels) == [
        ("Ada Byron", "PER"),
        ("Charles", "PER"),
    ]


def test_a_hyphenated_word_is_one_name() -> None:
    """Models label B again after a hyphen."""
    tags = ["B-PER", "B-PER", "B-PER"]
    assert found("Jean-Luc", tags) == [("Jean-Luc", "PER")]


def test_a_name_ends_at_a_line_break() -> None:
    """Paragraphs without a full stop are often lists."""
    assert found("Ada\n\nByron", ["B-PER", "I-PER"]) == [("Ada", "PER"), ("Byron", "PER")]


def test_a_name_ends_with_its_sentence_unless_that_may_be_an_abbreviation() -> None:
    tags = ["B-PER", "I-PER", "I-PER"]
    assert found("Lovelace . Ada", tags, starts={11}) == [("Lovelace . Ada", "PER")]
    assert found("Lovelace. Ada", tags, starts={10}) == [("Lovelace.", "PER"), ("Ada", "PER")]
    assert found("J. Ada", tags, starts={3}) == [("J. Ada", "PER")]


def test_the_mean_of_a_words_tokens_gives_its_type() -> None:
    """The first token alone decides between B and I."""
    tokens = Tokens(8, [1, 2, 3], [(0, 3), (3, 5), (5, 8)], [True, False, False])
    logits = np.log(
        np.array(
            [
                [0.1, 0.1, 0.8, 0.0, 0.0],
                [0.6, 0.3, 0.1, 0.0, 0.0],
                [0.2, 0.7, 0.1, 0.0, 0.0],
            ],
            np.float32,
        )
        + 1e-9
    )
    (word,) = Scheme(BIO).words(tokens, logits)
    assert (word.start, word.end, word.type, word.begins) == (0, 8, "PER", False)
    assert word.score == pytest.approx((0.9 + 0.4 + 0.8) / 3, abs=1e-3)


def test_probabilities_of_b_and_i_are_added_per_type() -> None:
    tokens = Tokens(3, [1], [(0, 3)], [True])
    logits = np.log(np.array([[0.4, 0.3, 0.3, 0.0, 0.0]], np.float32) + 1e-9)
    (word,) = Scheme(BIO).words(tokens, logits)
    assert word.type == "PER"
