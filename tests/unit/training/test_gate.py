"""Tests of what the training of the tone gate prepares: words for groups, masks, leads."""

import re
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import needs
from tests.support.tiny_tokenizers import uncased
from training.identities import named, sections, swap, terms
from training.labelled import CAUGHT, LABELS, Lead, kappa, poles, rates, read_labels, threshold
from training.masks import ROWS, mask_groups
from training.probes import GROUPS, NEGATED, TEMPLATES, read_short, short
from training.written import fill, read_written

PIECES = ("[UNK]", *ROWS, "a", "an", "the", "children", "people", "met", "person", "they", "us")
PEOPLE, PLACE, FAITH = ROWS.values()


def masked(text: str) -> list[str]:
    """The tokens of a text."""
    return TOKENIZER.encode(text).tokens


TOKENIZER = mask_groups(uncased(PIECES))


@pytest.fixture
def tone_scores() -> Any:
    """A module that imports torch."""
    return needs.module("training.tone_scores")


@pytest.mark.parametrize(
    ("texts", "tokens"),
    [
        (("Muslim children", "gay children", "Roman Catholic children"), [PEOPLE, "children"]),
        (("Jews met", "Deaf people met", "wheelchair users met"), [PEOPLE, "met"]),
        (("a Sikh", "an atheist", "a deaf black"), ["a", PEOPLE]),
        (("the U.S.", "Sri Lanka", "the Netherlands"), [PLACE]),
        (("Islam met", "Judaism met", "autism met"), [FAITH, "met"]),
        (("a man met", "a woman met", "A WOMAN MET"), ["a", PEOPLE, "met"]),
        (("He met us", "she met us"), ["they", "met", "us"]),
    ],
)
def test_words_of_a_group_become_the_same_tokens(texts: tuple[str, ...], tokens: list[str]) -> None:
    assert [masked(text) for text in texts] == [tokens] * len(texts)


@pytest.mark.parametrize("text", ["turkey", "tell us", "polish", "theist-like themes"])
def test_words_with_another_meaning_are_not_masked(text: str) -> None:
    assert not {PLACE, "they"} & set(masked(text))


def test_marks_use_unused_vocabulary_rows_and_keep_offsets() -> None:
    text = "the Sri Lankan children"
    offsets = TOKENIZER.encode(text).offsets
    assert TOKENIZER.get_vocab_size() == len(PIECES)
    assert [text[first:last] for first, last in offsets] == ["the", "n", "children"]


@settings(deadline=None)
@given(st.lists(st.sampled_from(["an ", "gay", " Jew", "-", "\u0301", "é", " people", "  "])))
def test_masked_offsets_stay_in_range_and_in_order(pieces: list[str]) -> None:
    text = "".join(pieces)
    offsets = TOKENIZER.encode(text).offsets
    assert all(0 <= first <= last <= len(text) for first, last in offsets)
    assert [first for first, _ in offsets] == sorted(first for first, _ in offsets)


def test_terms_are_swapped_for_terms_of_the_same_form() -> None:
    swapped = swap("Christian trains leave France; he tells us.", Random(0))
    match = re.fullmatch(r"(.+) trains leave (.+); (he|she) tells us\.", swapped)
    assert match is not None
    assert match[1].lower() in {one.lower() for one in terms("religion", "adjective")}
    assert match[2].lower() in {one.lower() for one in terms("nationality", "place")}


def test_only_whole_terms_are_found() -> None:
    assert named("The U.S. and Chad")
    assert not named("let us see the turkeys and his irishness")


def test_each_section_has_terms_and_none_twice() -> None:
    for section in sections():
        assert len(set(section.terms)) == len(section.terms) > 0, section.form
        assert section.exact <= set(section.terms)


def test_written_sentences_are_filled_and_not_used_as_probes() -> None:
    written = [fill(one.text, Random(0)) for one in read_written()]
    some = (*TEMPLATES.values(), *NEGATED, *read_short().values())
    probes = {text for texts in some for text in texts}
    assert not any("{" in text for text in written)
    assert not probes & {one.text.replace("{adjective}", "{}") for one in read_written()}
    assert all(text[0] == text[0].upper() for text in written)


def test_short_leads_are_counted_by_group() -> None:
    found = short(lambda texts: [1 - at % 2 for at in range(len(texts))], 0.5)
    assert len(found) == 4
    assert all(one == {"leads": one["leads"], "rejected": 0.5} for one in found.values())


def test_each_group_is_probed_in_forms_that_have_sentences() -> None:
    assert len(GROUPS) == 6
    assert {form for forms in GROUPS.values() for form in forms} <= set(TEMPLATES)


def test_labels_have_two_passes_and_two_halves() -> None:
    leads = read_labels()
    assert 200 <= len(leads) == len({one.title for one in leads})
    assert {label for one in leads for label in one[1:]} == set(LABELS)
    assert 0.4 < np.mean([one.sets for one in leads]) < 0.6


def test_kappa_is_1_for_equal_passes_and_0_for_chance() -> None:
    dark, light = LABELS[0], LABELS[2]
    pairs = [(dark, dark), (dark, light), (light, dark), (light, light)]
    assert kappa([Lead("", *pair) for pair in pairs]) == 0
    assert kappa([Lead("", *pair) for pair in pairs if pair[0] == pair[1]]) == 1


def test_leads_on_which_the_passes_differ_count_for_nothing() -> None:
    leads = [Lead("a", LABELS[0], LABELS[0]), Lead("a", LABELS[0], LABELS[2])]
    dark, light = poles(leads, [0.9, 0.1], sets=leads[0].sets)
    assert (dark.tolist(), light.tolist()) == ([0.9], [])


def test_the_threshold_catches_its_share() -> None:
    dark, light = np.linspace(0, 1, 101), np.linspace(-1, 0.2, 61)
    at = threshold(dark)
    found = rates(dark, light, at)
    assert CAUGHT <= found["caught"][0] < CAUGHT + 0.02
    assert found["caught"][1] < found["caught"][0] < found["caught"][2]
    assert found["wrongly_rejected"][0] == pytest.approx(np.mean(light > at))


def test_a_temperature_calibrates_overconfident_logits(tone_scores: Any) -> None:
    """Logits of three times the right size."""
    rng = np.random.default_rng(0)
    right = rng.normal(size=(4000, 3)).astype(np.float32)
    shares = np.exp(right) / np.exp(right).sum(axis=1, keepdims=True)
    gold = [int(rng.choice(3, p=row / row.sum())) for row in shares.astype(float)]
    rated = [tone_scores.Rated("", (2.0, 3.0, 4.0)[tone]) for tone in gold]

    assert tone_scores.temperature(lambda _: 3 * right[: len(rated)], rated) == pytest.approx(
        3, abs=0.3
    )
    warm = tone_scores.calibration_error(tone_scores.softmax(3 * right), gold)
    assert tone_scores.calibration_error(shares, gold) < 0.03 < warm
