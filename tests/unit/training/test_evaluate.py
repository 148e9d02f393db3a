"""The evaluation of the served stages, and floors under what it has recorded."""

import gzip
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.config.settings import Settings
from app.core.errors import ConfigError
from app.models.resolve import EMBEDDED_FOLDER
from tests.support import needs
from training import marked
from training.data import Document, Tagged, parse_gum
from training.scores import auc_interval, f1_interval, macro_f1_interval

evaluate = needs.module("training.evaluate")
rivals = needs.module("training.rivals")
labelled = needs.module("training.labelled")
rouge = needs.module("training.rouge")
served = needs.module("training.served")

FLOOR = 0.02
"""How much less than what is recorded a score may be."""
Names = frozenset[tuple[int, int, str]]


class AtWar:
    """A gate that knows one word."""

    threshold = 0.2

    def tones(self, texts: Sequence[str]) -> Iterator[Any]:
        return (
            served.Judged("NEGATIVE", float("war" in text), rejected="war" in text)
            for text in texts
        )


def answers(*found: set[tuple[int, int, str]]) -> Any:
    """A tagger with these answers."""

    def tag(texts: Sequence[str]) -> Iterator[Names]:
        return (frozenset(one) for one, _ in zip(found, texts, strict=True))

    return tag


def test_words_are_written_as_people_write_them() -> None:
    words = ("Ada", "'s", "friend", "(", "Ann", ")", "met", "Bob", ",", "too", ".")
    labels = ("B-PER", "O", "O", "O", "B-PER", "O", "O", "B-PER", "O", "O", "O")
    named = served.written(Tagged(words, labels))
    assert named.text == "Ada's friend (Ann) met Bob, too."
    assert {named.text[start:end] for start, end, _ in named.names} == {"Ada", "Ann", "Bob"}


def test_marks_become_places() -> None:
    named = served.unmarked("[PER Ada Byron] met [PER Ann] in [LOC Rome].")
    assert named.text == "Ada Byron met Ann in Rome."
    assert named.names == {(0, 9, "PER"), (14, 17, "PER"), (21, 25, "LOC")}


def test_the_sample_has_all_types_and_no_broken_marks() -> None:
    sample = served.read_sample()
    assert len(sample) >= 40
    assert {kind for one in sample for _, _, kind in one.names} == {"PER", "ORG", "LOC", "MISC"}
    assert not [one.text for one in sample if "[" in one.text or "]" in one.text]


def test_a_name_counts_where_place_and_type_are_right() -> None:
    truth = [served.unmarked("[PER Ada] met [PER Ann]."), served.unmarked("[LOC Rome] fell.")]
    tag = answers({(0, 3, "PER"), (8, 11, "LOC")}, {(0, 3, "LOC")})
    scores = evaluate.name_scores(tag, truth)
    assert scores["PER"].value == pytest.approx(2 / 3)
    assert scores["LOC"].value == 0
    assert scores["all"].value == pytest.approx(1 / 3)
    assert scores["all"].low <= scores["all"].value <= scores["all"].high


def test_a_judge_is_scored_by_class_and_by_order() -> None:
    given = (("NEGATIVE", 0.9), ("NEUTRAL", 0), ("NEUTRAL", -0.1))
    judged = [served.Judged(*one, rejected=False) for one in given]
    scores = evaluate.tone_scores(judged, [0, 1, 2])
    assert scores["macro-F1"].value == pytest.approx((1 + 2 / 3 + 0) / 3)
    assert scores["AUC"].value == 1


def test_intervals_narrow_with_more_inputs() -> None:
    counts = np.array([[1, 1, 1], [0, 1, 1]], np.float64)
    few, many = f1_interval(np.tile(counts, (10, 1))), f1_interval(np.tile(counts, (1000, 1)))
    assert few.value == many.value == 0.5
    assert few.low < many.low < 0.5 < many.high < few.high
    assert f1_interval(counts * 0).value == 0


def test_intervals_of_other_scores_hold_their_values() -> None:
    macro = macro_f1_interval([0, 0, 1, 1] * 9, [0, 1, 1, 1] * 9, 2)
    assert macro.value == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert macro.low < macro.value < macro.high
    order = auc_interval([1, 2, 3, 5] * 5, [0, 2, 4] * 5)
    assert order.value == pytest.approx(0.625)
    assert order.low < order.value < order.high


def test_a_document_keeps_its_paragraphs() -> None:
    text = (
        "# newpar_block = p (2 s)\n# text = One is the first of six.\n# text = Two follows it as a"
    )
    text += " rule.\n# newpar_block = p (1 s)\n# text = Three comes after it in turn."
    assert parse_gum("GUM_bio_x", text).text == (
        "One is the first of six. Two follows it as a rule.\n\nThree comes after it in turn."
    )


def test_a_summary_is_compared_with_the_first_three_sentences() -> None:
    document = Document("GUM_bio_x", "bio", ("Ada wrote.", "Bob sang."), ("Bob sang.",))
    texts = {"served": ["Bob sang."], rouge.LEAD: ["Ada wrote. Bob sang."]}
    table, numbers = rouge.compare([document], texts)
    assert numbers["served"]["rouge1"] == 100
    assert "| served | 100.0 (+33.3 [+33.3, +33.3])" in table


def test_a_section_replaces_the_one_before_it() -> None:
    card = "# Model\n\nText.\n"
    once = marked.put(card, "## Evaluation\n\n0.5\n")
    assert once.startswith("# Model\n\nText.\n\n<!--")
    assert marked.put(once, "## Evaluation\n\n0.6\n") == once.replace("0.5", "0.6")


def test_scores_are_kept_beside_the_card(tmp_path: Path) -> None:
    card = tmp_path / "README.md"
    card.write_text("# Model\n", encoding="utf-8")
    (tmp_path / "scores.json").write_text('{"recipe": 1}', encoding="utf-8")
    score = f1_interval(np.array([[1.0, 1.0, 1.0]]))
    evaluate.write(card, evaluate.joined([evaluate.Section("A table.", {"names": score})]))
    assert "A table." in card.read_text(encoding="utf-8")
    held = json.loads((tmp_path / "scores.json").read_text(encoding="utf-8"))
    assert held["recipe"] == 1
    assert held["evaluation"]["names"] == {"value": 1, "low": 1, "high": 1}


def test_other_models_are_evaluated_by_setting() -> None:
    assert evaluate.settings([]) == Settings()
    assert evaluate.settings(["sentiment.threshold=0.5"]).sentiment.threshold == 0.5
    with pytest.raises(ConfigError):
        evaluate.settings(["sentiment.treshold=0.5"])


def test_a_rival_judges_in_our_classes() -> None:
    if not rivals.judges():
        needs.missing("vaderSentiment is not installed")
    good, bad, plain = rivals.judges()["VADER"](["A lovely day.", "A cruel murder.", "A table."])
    assert (good.label, bad.label, plain.label) == ("POSITIVE", "NEGATIVE", "NEUTRAL")
    assert good.score < plain.score < bad.score


def test_swapped_words_and_labelled_leads_are_judged(tmp_path: Path) -> None:
    """A judge that rejects texts with a word of war."""
    leads = labelled.read_labels()
    texts = ("A war." if one.label == "distressing" else "A tree." for one in leads)
    rows = (
        json.dumps({"title": one.title, "lead": x}) for one, x in zip(leads, texts, strict=True)
    )
    (tmp_path / "wikispeedia").mkdir()
    with gzip.open(tmp_path / "wikispeedia" / "leads.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write("\n".join(rows))

    judge = AtWar()
    assert evaluate.swaps(tmp_path, judge).numbers["swaps"]["served"]["religion"]["changed"] == 0
    found = evaluate.gate(tmp_path, judge).numbers["gate"]["served"]
    assert (found["caught"], found["wrongly_rejected"], found["auc"]) == ([1] * 3, [0] * 3, 1)


def test_the_names_in_the_sample_are_found_as_well_as_recorded() -> None:
    file = EMBEDDED_FOLDER / "entities" / "scores.json"
    recorded = json.loads(file.read_text(encoding="utf-8")).get("evaluation")
    assert recorded, "nothing is recorded: run make evaluate"
    floor = recorded["names"][evaluate.SAMPLE]["served"]["all"]["value"] - FLOOR
    scores = evaluate.name_scores(served.Served(Settings()).names, served.read_sample())
    assert scores["all"].value >= floor
