"""The model card of the tone gate."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from training import card
from training.data import TONES
from training.probes import DARK, THRESHOLDS

SUGGESTED: Final = 0.2  # the recommended threshold; the card gives the reason
_SHOWN: Final = tuple(map(str, THRESHOLDS))


def write(folder: Path, scores: Mapping[str, Any]) -> None:
    """Write README.md and scores.json."""
    prose = {
        "overview": overview(scores),
        "classes": classes(scores["test"]),
        "gate": gate(scores["dev"]["int8"]["gate"]),
        "subjects": subjects(scores["subjects"]["groups"]),
        "auc": f"{scores['subjects']['auc_dark_against_light']:.3f}",
        "countries": countries(scores),
        "swaps": swaps(scores),
        "agreement": ", ".join(f"{name} {one:.3f}" for name, one in scores["agreement"].items()),
        "recipe": ", ".join(f"{key} {value}" for key, value in scores["recipe"].items()),
        "threshold": str(SUGGESTED),
    }
    card.write(folder, "sentiment", {**scores, "suggested_threshold": SUGGESTED}, prose)


def overview(scores: Mapping[str, Any]) -> str:
    """A table with a row for each set and model."""
    keys = ("majority", "accuracy", "macro_f1", "auc_negative_against_positive")
    rows = [
        [name, model, *(one[key] for key in keys)]
        for name in ("dev", "test")
        for model, one in scores[name].items()
    ]
    head = ("set", "model", "majority", "accuracy", "macro-F1", "AUC, NEGATIVE against POSITIVE")
    return card.table(head, rows)


def classes(scores: Mapping[str, Any]) -> str:
    """A table with a row for each model and class."""
    rows = [
        row for model, one in scores.items() for row in card.tally_rows(one["classes"], (model,))
    ]
    return card.table(("model", "class", "precision", "recall", "F1", "sentences"), rows)


def gate(tallies: Mapping[str, Any]) -> str:
    """A table of precision and recall for unpleasant sentences, by threshold."""
    return card.table(
        ("threshold", "precision", "recall", "F1", f"{TONES[0]} sentences"),
        [[at, *one] for at, one in tallies.items()],
    )


def subjects(groups: Mapping[str, Any]) -> str:
    """A table of the share of each group that is rejected, by threshold."""
    rows = [
        [
            f"**{name}**" if name in DARK else name,
            one["articles"],
            *(f"{one['rejected'][at]:.2f}" for at in _SHOWN),
        ]
        for name, one in groups.items()
    ]
    return card.table(("group", "articles", *_SHOWN), rows)


def countries(scores: Mapping[str, Any]) -> str:
    """A table of the ranges of P(POSITIVE) and of the score, by template."""
    rows = [
        [
            template,
            f"{one['p_positive'][0]:.2f} ({one['lowest']})",
            f"{one['p_positive'][1]:.2f} ({one['highest']})",
            f"{one['score'][0]:+.2f} to {one['score'][1]:+.2f}",
        ]
        for template, one in scores["countries"]["templates"].items()
    ]
    return card.table(("sentence", "lowest P(POSITIVE)", "highest", "score"), rows)


def swaps(scores: Mapping[str, Any]) -> str:
    """A table that compares trainings with and without swapped countries."""
    without = scores.get("without_swaps")
    if without is None:
        return "There is no training without swaps to compare with."
    sides = (
        ("swapped", scores["dev"]["float32"]["macro_f1"], scores["countries"]),
        ("unchanged", without["dev_macro_f1"], without["countries"]),
    )
    rows = [
        [model, macro, one["mean_range_of_p_positive"], one["mean_range_of_score"]]
        for model, macro, one in sides
    ]
    head = ("countries in training", "dev macro-F1", "range of P(POSITIVE)", "range of the score")
    return card.table(head, rows)
