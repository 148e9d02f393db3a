from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from tests.support import needs
from tests.support.tiny_tokenizers import uncased
from training.casemarks import ALL_CAPS, CAPITALISED, mark_case
from training.crossner import COARSE, TYPES, coarsen
from training.data import TONES, Rated, Tagged, iob1_to_bio, parse_conll, parse_gum
from training.scores import Span, auc, bootstrap, entity_f1, macro_f1, per_class, spans

PIECES = ("[UNK]", "[unused0]", "[unused1]", "ada", "love", "##lace", "met", "the", "bbc", ".")


MARKED = mark_case(uncased(PIECES))


@pytest.fixture
def tagging() -> Any:
    """A module that imports torch."""
    return needs.module("training.tagging")


@pytest.mark.parametrize(
    ("iob1", "bio"),
    [
        ("O I-PER I-PER O", "O B-PER I-PER O"),
        ("I-PER B-PER I-PER", "B-PER B-PER I-PER"),
        ("I-LOC I-ORG", "B-LOC B-ORG"),
        ("O O", "O O"),
    ],
)
def test_iob1_is_converted_to_bio(iob1: str, bio: str) -> None:
    assert iob1_to_bio(iob1.split()) == tuple(bio.split())


def test_conll_sentences_are_separated_by_blank_lines() -> None:
    lines = ["Ada\tB-person", "met O", "", "", "Rome B-country"]

    assert list(parse_conll(lines)) == [
        Tagged(("Ada", "met"), ("B-person", "O")),
        Tagged(("Rome",), ("B-country",)),
    ]


def test_all_39_crossner_types_are_mapped_to_four_types_or_o() -> None:
    assert len(COARSE) == 39
    assert set(COARSE.values()) == {*TYPES, "O"}


def test_coarse_labels_keep_their_prefix() -> None:
    assert [*map(coarsen, ("B-politician", "I-band", "I-field", "O"))] == [
        "B-PER",
        "I-ORG",
        "O",
        "O",
    ]


def test_an_unknown_type_raises() -> None:
    """A new type in a later release of the dataset must not be missed."""
    with pytest.raises(KeyError, match="sport"):
        coarsen("B-sport")


def test_valence_is_split_into_three_tones() -> None:
    """The bounds themselves are neutral."""
    tones = [TONES[Rated("", valence).tone] for valence in (2.79, 2.8, 3.2, 3.21)]

    assert tones == ["NEGATIVE", "NEUTRAL", "NEUTRAL", "POSITIVE"]


@given(st.floats(1, 5))
def test_tone_shares_sum_to_1_and_peak_at_the_tone(valence: float) -> None:
    """Within 0.05 of a bound the largest share may be another tone's."""
    rated = Rated("", valence)

    assert sum(rated.shares) == pytest.approx(1)
    assert min(rated.shares) >= 0
    if min(abs(valence - border) for border in (2.8, 3.2)) > 0.05:
        assert np.argmax(rated.shares) == rated.tone


def test_gum_keeps_prose_and_summaries_by_humans() -> None:
    """Headings, datelines and summaries by models are dropped."""
    text = """\
# meta::summary1 = (human1) People wrote this.
# meta::summary2 = (gpt4o) A model wrote this.
# meta::title = A river
# newpar_block = head (1 s)
# text = A heading that is as long as a sentence
# newpar_block = p (2 s)
# text = Monday, May 4
# text = The river flows north to the sea.
# newpar_block = head (1 s)
# newpar_block = p (1 s)
# text = Salmon swim up the river in autumn."""
    document = parse_gum("GUM_bio_someone", text)

    assert document.genre == "bio"
    assert document.summaries == ("People wrote this.",)
    assert document.title == "A river"
    assert document.lead == "The river flows north to the sea."
    assert document.sentences == (document.lead, "Salmon swim up the river in autumn.")
    assert document.text == "\n\n".join(document.sentences)


def test_case_marks_precede_capitalised_words_and_keep_offsets() -> None:
    text = "Ada met the BBC"
    encoding = MARKED.encode(text)

    assert encoding.tokens == [CAPITALISED, "ada", "met", "the", ALL_CAPS, "bbc"]
    assert [text[first:last] for first, last in encoding.offsets] == [
        "A",
        "Ada",
        "met",
        "the",
        "B",
        "BBC",
    ]


def test_case_marks_use_unused_vocabulary_rows() -> None:
    """The vocabulary keeps its size, so the base model's weights still fit."""
    assert MARKED.get_vocab_size() == len(PIECES)
    assert [MARKED.token_to_id(CAPITALISED), MARKED.token_to_id(ALL_CAPS)] == [1, 2]


def test_case_marks_survive_saving_and_loading(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    MARKED.save(str(path))

    assert Tokenizer.from_file(str(path)).encode("Ada").tokens == [CAPITALISED, "ada"]


@settings(deadline=None)
@given(st.text(alphabet="aA É\u0301Ø\ue000\u200b\x00\nßİ\u017fﬁЖ9.-\ufffd😀", max_size=20))
def test_offsets_stay_in_range_and_in_order_for_any_text(text: str) -> None:
    offsets = MARKED.encode(text).offsets

    assert all(0 <= first <= last <= len(text) for first, last in offsets)
    assert [first for first, _ in offsets] == sorted(first for first, _ in offsets)


def test_all_tokens_of_a_word_have_its_type_and_the_first_has_b(tagging: Any) -> None:
    ids, owners = tagging.encode(MARKED, ("Ada", "Lovelace", "met"))
    targets = tagging.token_targets(("B-PER", "I-PER", "O"), owners)

    assert len(ids) == len(targets)
    assert [tagging.LABELS[one] for one in targets] == ["B-PER", *["I-PER"] * 4, "O"]


def test_words_without_capital_or_digit_lose_their_label(tagging: Any) -> None:
    sentence = Tagged(("gas", "giant", "Jupiter", "3d"), ("B-MISC", "I-MISC", "B-LOC", "B-MISC"))

    assert tagging.proper(sentence).labels == ("O", "O", "B-LOC", "B-MISC")


def test_word_labels_invert_token_targets(tagging: Any) -> None:
    labels = ["B-PER", "B-PER", "O"]
    _, owners = tagging.encode(MARKED, ("Ada", "Lovelace", "met"))
    targets = tagging.token_targets(labels, owners)
    logits = 5 * np.eye(len(tagging.LABELS), dtype=np.float32)[targets]

    assert tagging.word_labels(logits, owners, 3) == labels


def test_a_word_without_tokens_gets_the_label_o(tagging: Any) -> None:
    """The normalizer may remove every character of a word."""
    ids, owners = tagging.encode(MARKED, ("\u200b", "met"))

    logits = np.zeros((len(ids), len(tagging.LABELS)), np.float32)
    assert tagging.word_labels(logits, owners, 2)[0] == "O"


def test_macro_f1_is_the_unweighted_mean_over_classes() -> None:
    tallies = per_class([0, 0, 0, 1], [0, 0, 0, 0], ("often", "seldom"))

    assert tallies["often"].f1 == pytest.approx(6 / 7)
    assert tallies["seldom"].f1 == 0
    assert macro_f1(tallies) == pytest.approx(3 / 7)


def test_spans_begin_at_b_or_at_a_change_of_type() -> None:
    labels = ["B-PER", "I-PER", "B-PER", "I-LOC", "O", "I-ORG"]

    assert spans(labels) == {
        Span("PER", 0, 2),
        Span("PER", 2, 3),
        Span("LOC", 3, 4),
        Span("ORG", 5, 6),
    }


def test_entity_f1_requires_the_exact_span_and_type() -> None:
    found = entity_f1([["B-PER", "I-PER", "O", "B-LOC"]], [["B-PER", "O", "O", "B-LOC"]], TYPES)

    assert found["PER"].f1 == 0
    assert found["LOC"].f1 == 1
    assert found["all"] == (0.5, 0.5, 0.5, 2)


def test_auc_counts_ties_as_half() -> None:
    assert auc([2, 3], [0, 1]) == 1
    assert auc([1], [1]) == 0.5


def test_the_bootstrap_interval_contains_the_mean_and_is_reproducible() -> None:
    low, high = bootstrap([0.0, 1.0, 2.0, 3.0])

    assert low < 1.5 < high
    assert bootstrap([0.0, 1.0, 2.0, 3.0]) == (low, high)
