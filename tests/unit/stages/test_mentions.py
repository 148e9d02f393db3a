from collections.abc import Sequence

import numpy as np
import pytest

from app.core.text import Span
from app.stages.mentions import Mention, Scheme, mentions, merge, name
from app.stages.windows import Tokens, tokenise
from tests.support.fake_classifiers import SURE, whole_words

BIO = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")


def found(text: str, tags: Sequence[str], labels: tuple[str, ...] = BIO) -> list[tuple[str, str]]:
    """The names and types where each word of a text has one of the tags."""
    tokens = tokenise(whole_words(text.split()), Span(0, len(text), text))
    assert len(tokens) == len(tags)
    logits = np.zeros((len(tags), len(labels)), np.float32)
    for at, tag in enumerate(tags):
        logits[at, labels.index(tag)] = SURE
    spans = mentions(text, Scheme(labels).words(tokens, logits))
    return [(text[one.start : one.end], one.type) for one in spans]


def test_b_begins_a_name_and_i_goes_on() -> None:
    """Two names of a type may follow one another."""
    assert found("Ada Byron Charles in London", ["B-PER", "I-PER", "B-PER", "O", "B-LOC"]) == [
        ("Ada Byron", "PER"),
        ("Charles", "PER"),
        ("London", "LOC"),
    ]


def test_i_begins_a_name_where_none_is_open() -> None:
    """IOB1 writes B only between two names of a type."""
    assert found("Ada Byron London Charles", ["I-PER", "I-PER", "I-LOC", "I-PER"]) == [
        ("Ada Byron", "PER"),
        ("London", "LOC"),
        ("Charles", "PER"),
    ]


def test_plain_labels_join_neighbours() -> None:
    """Where labels have no B and no I."""
    tags = ["PER", "PER", "O", "LOC"]
    assert found("Ada Byron in London", tags, ("O", "PER", "LOC")) == [
        ("Ada Byron", "PER"),
        ("London", "LOC"),
    ]


def test_bilou_is_understood() -> None:
    """U is a whole name, L its last word."""
    labels = ("O", "B-PER", "I-PER", "L-PER", "U-PER")
    assert found("Ada Byron Charles", ["B-PER", "L-PER", "U-PER"], labels) == [
        ("Ada Byron", "PER"),
        ("Charles", "PER"),
    ]


def test_no_name_begins_inside_what_is_written_together() -> None:
    """Models say B again after a hyphen."""
    tags = ["B-PER", "B-PER", "B-PER"]
    assert found("Jean-Luc", tags) == [("Jean-Luc", "PER")]


def test_a_name_ends_with_its_line() -> None:
    """Paragraphs without a full stop are lists."""
    assert found("Ada\n\nByron", ["B-PER", "I-PER"]) == [("Ada", "PER"), ("Byron", "PER")]


def test_the_pieces_of_a_word_vote_on_its_type() -> None:
    """A span never ends inside a word, and the first piece alone says B or I."""
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


def test_labels_of_one_type_are_added_before_they_are_compared() -> None:
    """Unsure between B and I is sure of the name."""
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
def test_edges_of_names_are_clean(text: str, kept: str) -> None:
    """Quotes, possessives and half brackets are not part of them; abbreviations keep their dot."""
    assert name(text, Mention(0, len(text), "PER", 1.0)) == kept


TEXT = "Paris LONDON London london The Nile the Nile 1843 X"


def at(word: str, kind: str, score: float, after: int = 0) -> Mention:
    """A mention of a word of TEXT."""
    start = TEXT.index(word, after)
    return Mention(start, start + len(word), kind, score)


def test_mentions_of_a_name_are_one() -> None:
    """However they are written; the commonest spelling, the count and the mean score are kept."""
    same = [at("LONDON", "LOC", 1.0), at("London", "LOC", 0.8), at("London", "LOC", 0.6)]
    (entity,) = merge(TEXT, same, 0.5, 10)
    assert (entity.text, entity.type, entity.count) == ("London", "LOC", 3)
    assert entity.score == pytest.approx(0.8)


def test_the_before_a_name_makes_no_other_name() -> None:
    """As far as the model takes it in at all."""
    (entity,) = merge(TEXT, [at("The Nile", "LOC", 1.0), at("Nile", "LOC", 1.0)], 0.5, 10)
    assert entity.count == 2


def test_the_type_with_more_weight_wins() -> None:
    """Its mentions alone make the score; all of them are counted."""
    both = [at("Paris", "LOC", 0.9), at("Paris", "LOC", 0.7), at("Paris", "PER", 0.95)]
    (entity,) = merge(TEXT, both, 0.5, 10)
    assert (entity.type, entity.count) == ("LOC", 3)
    assert entity.score == pytest.approx(0.8)


def test_names_come_by_count_then_score_then_place() -> None:
    """The most important first."""
    listed = [
        at("X", "PER", 0.9),
        at("Paris", "LOC", 0.9),
        at("London", "LOC", 0.95),
        at("the Nile", "LOC", 0.6),
        at("the Nile", "LOC", 0.6),
    ]
    order = ["the Nile", "London", "Paris", "X"]
    assert [one.text for one in merge(TEXT, listed, 0.5, 10)] == order
    assert [one.text for one in merge(TEXT, listed, 0.7, 10)] == order[1:]
    assert [one.text for one in merge(TEXT, listed, 0.5, 2)] == order[:2]


def test_a_name_has_a_letter() -> None:
    """Years and signs are none."""
    assert merge(TEXT, [at("1843", "MISC", 1.0)], 0.5, 10) == ()


def test_a_name_is_not_written_small() -> None:
    """Where a script has no capitals at all, nothing is."""
    assert merge("london 東京", [Mention(0, 6, "LOC", 1.0)], 0.5, 10) == ()
    assert len(merge("london 東京", [Mention(7, 9, "LOC", 1.0)], 0.5, 10)) == 1


def test_rounding_never_makes_a_score_above_one() -> None:
    """The answer's bounds would refuse it."""
    assert merge(TEXT, [at("Paris", "LOC", 1.0000000002)], 0.5, 10)[0].score == 1
