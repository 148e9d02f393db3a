import re
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from tests.support import needs
from training.casemarks import ALL_CAPS, CAPITALISED, mark_case
from training.countries import PAIRS, mentions, swap
from training.crossner import COARSE, TYPES, coarsen
from training.data import TONES, Rated, Tagged, iob1_to_bio, parse_conll, parse_gum
from training.scores import Span, auc, bootstrap, entity_f1, macro_f1, per_class, spans

PIECES = ("[UNK]", "[unused0]", "[unused1]", "ada", "love", "##lace", "met", "the", "bbc", ".")


def tiny() -> Tokenizer:
    """A tiny uncased BERT tokenizer."""
    vocab = {piece: row for row, piece in enumerate(PIECES)}
    tokenizer = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


MARKED = mark_case(tiny())


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
def test_iob1_becomes_bio(iob1: str, bio: str) -> None:
    """Every entity begins with B, wherever IOB1 wrote it."""
    assert iob1_to_bio(iob1.split()) == tuple(bio.split())


def test_conll_sentences_stand_between_blank_lines() -> None:
    """Tabs or spaces, one blank line or more: the words and labels are the same."""
    lines = ["Ada\tB-person", "met O", "", "", "Rome B-country"]

    assert list(parse_conll(lines)) == [
        Tagged(("Ada", "met"), ("B-person", "O")),
        Tagged(("Rome",), ("B-country",)),
    ]


def test_all_39_types_are_mapped_to_four_or_none() -> None:
    """No type of CrossNER is forgotten, and none is mapped to a fifth."""
    assert len(COARSE) == 39
    assert set(COARSE.values()) == {*TYPES, "O"}


def test_coarse_labels_keep_their_prefix() -> None:
    """B stays B and I stays I, but what is no entity is O."""
    assert [*map(coarsen, ("B-politician", "I-band", "I-field", "O"))] == [
        "B-PER",
        "I-ORG",
        "O",
        "O",
    ]


def test_a_type_that_is_not_known_is_an_error() -> None:
    """A new release of the set is noticed."""
    with pytest.raises(KeyError, match="sport"):
        coarsen("B-sport")


def test_valence_is_cut_into_three_tones() -> None:
    """The borders themselves are neutral."""
    tones = [TONES[Rated("", valence).tone] for valence in (2.79, 2.8, 3.2, 3.21)]

    assert tones == ["NEGATIVE", "NEUTRAL", "NEUTRAL", "POSITIVE"]


@given(st.floats(1, 5))
def test_shares_of_tones_add_up_to_one(valence: float) -> None:
    """Shares are shares, and away from the borders the largest is the tone."""
    rated = Rated("", valence)

    assert sum(rated.shares) == pytest.approx(1)
    assert min(rated.shares) >= 0
    if min(abs(valence - border) for border in (2.8, 3.2)) > 0.05:
        assert np.argmax(rated.shares) == rated.tone


def test_gum_keeps_prose_and_human_summaries() -> None:
    """Headings, datelines and summaries written by models are left out."""
    text = """\
# meta::summary1 = (human1) People wrote this.
# meta::summary2 = (gpt4o) A model wrote this.
# newpar_block = head (1 s)
# text = A heading that is as long as a sentence
# newpar_block = p (2 s)
# text = Monday, May 4
# text = The river flows north to the sea."""
    document = parse_gum("GUM_bio_someone", text)

    assert document.genre == "bio"
    assert document.summaries == ("People wrote this.",)
    assert document.sentences == ("The river flows north to the sea.",)


def test_case_marks_stand_before_capitals_and_keep_offsets() -> None:
    """A mark has the place of the letter after it; the words keep theirs."""
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


def test_case_marks_take_rows_that_were_unused() -> None:
    """The vocabulary does not grow, so the base's weights still fit."""
    assert MARKED.get_vocab_size() == len(PIECES)
    assert [MARKED.token_to_id(CAPITALISED), MARKED.token_to_id(ALL_CAPS)] == [1, 2]


def test_case_marks_survive_being_written_and_read(tmp_path: Path) -> None:
    """They live in tokenizer.json."""
    path = tmp_path / "tokenizer.json"
    MARKED.save(str(path))

    assert Tokenizer.from_file(str(path)).encode("Ada").tokens == [CAPITALISED, "ada"]


@settings(deadline=None)
@given(st.text(alphabet="aA É\u0301Ø\ue000\u200b\x00\nßİ\u017fﬁЖ9.-\ufffd😀", max_size=20))
def test_any_text_can_be_marked(text: str) -> None:
    """Whatever is in a text, offsets stay inside it and in order."""
    offsets = MARKED.encode(text).offsets

    assert all(0 <= first <= last <= len(text) for first, last in offsets)
    assert [first for first, _ in offsets] == sorted(first for first, _ in offsets)


def test_all_tokens_of_a_word_carry_its_type_and_the_first_begins_it(tagging: Any) -> None:
    """Token labels are BIO by themselves, the mark's among them."""
    ids, owners = tagging.encode(MARKED, ("Ada", "Lovelace", "met"))
    targets = tagging.token_targets(("B-PER", "I-PER", "O"), owners)

    assert len(ids) == len(targets)
    assert [tagging.LABELS[one] for one in targets] == ["B-PER", *["I-PER"] * 4, "O"]


def test_common_nouns_are_no_names(tagging: Any) -> None:
    """What has neither a capital nor a digit is taken out, and its neighbours stay."""
    sentence = Tagged(("gas", "giant", "Jupiter", "3d"), ("B-MISC", "I-MISC", "B-LOC", "B-MISC"))

    assert tagging.proper(sentence).labels == ("O", "O", "B-LOC", "B-MISC")


def test_words_vote_and_their_first_token_says_b(tagging: Any) -> None:
    """Labels that tokens were given come back as the words' own."""
    labels = ["B-PER", "B-PER", "O"]
    _, owners = tagging.encode(MARKED, ("Ada", "Lovelace", "met"))
    targets = tagging.token_targets(labels, owners)
    logits = 5 * np.eye(len(tagging.LABELS), dtype=np.float32)[targets]

    assert tagging.word_labels(logits, owners, 3) == labels


def test_a_word_without_tokens_is_no_entity(tagging: Any) -> None:
    """A word that the normalizer wipes out gets O."""
    ids, owners = tagging.encode(MARKED, ("\u200b", "met"))

    logits = np.zeros((len(ids), len(tagging.LABELS)), np.float32)
    assert tagging.word_labels(logits, owners, 2)[0] == "O"


def test_macro_f1_is_the_mean_of_the_classes() -> None:
    """A class that is never right pulls as hard as one that always is."""
    tallies = per_class([0, 0, 0, 1], [0, 0, 0, 0], ("often", "seldom"))

    assert tallies["often"].f1 == pytest.approx(6 / 7)
    assert tallies["seldom"].f1 == 0
    assert macro_f1(tallies) == pytest.approx(3 / 7)


def test_spans_begin_with_b_or_with_another_type() -> None:
    """Neighbours stay apart, and an I without a beginning begins one."""
    labels = ["B-PER", "I-PER", "B-PER", "I-LOC", "O", "I-ORG"]

    assert spans(labels) == {
        Span("PER", 0, 2),
        Span("PER", 2, 3),
        Span("LOC", 3, 4),
        Span("ORG", 5, 6),
    }


def test_entity_f1_wants_the_exact_span_and_type() -> None:
    """Half a name is no hit."""
    found = entity_f1([["B-PER", "I-PER", "O", "B-LOC"]], [["B-PER", "O", "O", "B-LOC"]], TYPES)

    assert found["PER"].f1 == 0
    assert found["LOC"].f1 == 1
    assert found["all"] == (0.5, 0.5, 0.5, 2)


def test_auc_counts_ties_half() -> None:
    """All above is one, all alike a half."""
    assert auc([2, 3], [0, 1]) == 1
    assert auc([1], [1]) == 0.5


def test_the_bootstrap_interval_holds_the_mean() -> None:
    """And it is the same each time."""
    low, high = bootstrap([0.0, 1.0, 2.0, 3.0])

    assert low < 1.5 < high
    assert bootstrap([0.0, 1.0, 2.0, 3.0]) == (low, high)


def test_countries_are_swapped_for_their_like() -> None:
    """A country for a country, a people for a people, and the rest stays."""
    swapped = swap("French trains leave France; he tells us.", Random(0))
    match = re.fullmatch(r"(\w+) trains leave (\w+); he tells us.", swapped)

    assert match is not None
    assert (match[2], match[1]) in PAIRS


def test_only_whole_names_of_countries_are_found() -> None:
    """Neither parts of words nor common words count."""
    assert mentions("The U.S. and Chad")
    assert not mentions("let us see the Frenchman's omanis")
