from collections.abc import Sequence

import numpy as np
import pytest

from app.core.text import Span
from app.stages.mentions import Mention, Scheme, mentions, merge, name
from app.stages.windows import Tokens, tokenise
from tests.support.fake_classifiers import SURE, whole_words

BIO = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")


def found(text: str, tags: Sequence[str], labels: tuple[str, ...] = BIO) -> list[tuple[str, str]]:
    """Return (text, type) of each mention, if word n of the text has tags[n]."""
    tokens = tokenise(whole_words(text.split()), Span(0, len(text), text))
    assert len(tokens) == len(tags)
    logits = np.zeros((len(tags), len(labels)), np.float32)
    for mention_of, tag in enumerate(tags):
        logits[mention_of, labels.index(tag)] = SURE
    spans = mentions(text, Scheme(labels).words(tokens, logits))
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


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Einstein's", "Einstein"),
        ("Einstein\u2019s", "Einstein"),
        ("Einstein 's", "Einstein"),
        ("James'", "James"),
        ('"Nature"', "Nature"),
        ("\u201cNature,\u201d", "Nature"),
        ("London.", "London"),
        ("U.S.", "U.S."),
        ("Washington, D.C.", "Washington, D.C."),
        ("Martin Luther King Jr.", "Martin Luther King Jr."),
        ("Georgia (country)", "Georgia (country)"),
        ("(Georgia", "Georgia"),
        ("Georgia)", "Georgia"),
        ("New\nYork", "New York"),
        ("O'Brien", "O'Brien"),
        ("\u2013 Paris", "Paris"),
        ("Nobel Prize in Physics of the", "Nobel Prize in Physics"),
        ("...", ""),
    ],
)
def test_quotes_possessives_and_unmatched_brackets_are_stripped(text: str, kept: str) -> None:
    assert name(text, Mention(0, len(text), "PER", 1.0)) == kept


TEXT = "Paris LONDON London london The Nile the Nile 1843 X"


def mention_of(word: str, kind: str, score: float, after: int = 0) -> Mention:
    """A mention of a word in TEXT."""
    start = TEXT.index(word, after)
    return Mention(start, start + len(word), kind, score)


def test_spellings_of_a_name_are_merged() -> None:
    """The commonest spelling, the total count and the mean score are kept."""
    same = [
        mention_of("LONDON", "LOC", 1.0),
        mention_of("London", "LOC", 0.8),
        mention_of("London", "LOC", 0.6),
    ]
    (entity,) = merge(TEXT, same, 0.5, 10)
    assert (entity.text, entity.type, entity.count) == ("London", "LOC", 3)
    assert entity.score == pytest.approx(0.8)


def test_a_leading_the_is_ignored_when_merging() -> None:
    (entity,) = merge(
        TEXT, [mention_of("The Nile", "LOC", 1.0), mention_of("Nile", "LOC", 1.0)], 0.5, 10
    )
    assert entity.count == 2


def test_the_type_with_the_larger_total_score_wins() -> None:
    """Only its mentions count for the score, all mentions for the count."""
    both = [
        mention_of("Paris", "LOC", 0.9),
        mention_of("Paris", "LOC", 0.7),
        mention_of("Paris", "PER", 0.95),
    ]
    (entity,) = merge(TEXT, both, 0.5, 10)
    assert (entity.type, entity.count) == ("LOC", 3)
    assert entity.score == pytest.approx(0.8)


def test_names_are_sorted_by_count_then_score_then_position() -> None:
    listed = [
        mention_of("X", "PER", 0.9),
        mention_of("Paris", "LOC", 0.9),
        mention_of("London", "LOC", 0.95),
        mention_of("the Nile", "LOC", 0.6),
        mention_of("the Nile", "LOC", 0.6),
    ]
    order = ["the Nile", "London", "Paris", "X"]
    assert [one.text for one in merge(TEXT, listed, 0.5, 10)] == order
    assert [one.text for one in merge(TEXT, listed, 0.7, 10)] == order[1:]
    assert [one.text for one in merge(TEXT, listed, 0.5, 2)] == order[:2]


def test_a_name_without_letters_is_dropped() -> None:
    assert merge(TEXT, [mention_of("1843", "MISC", 1.0)], 0.5, 10) == ()


def test_a_lower_case_name_is_dropped_unless_its_script_has_no_case() -> None:
    assert merge("london 東京", [Mention(0, 6, "LOC", 1.0)], 0.5, 10) == ()
    assert len(merge("london 東京", [Mention(7, 9, "LOC", 1.0)], 0.5, 10)) == 1


def test_a_score_is_at_most_1_after_rounding() -> None:
    """The schema rejects scores above 1."""
    assert merge(TEXT, [mention_of("Paris", "LOC", 1.0000000002)], 0.5, 10)[0].score == 1
