"""The model card of the tone gate."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from training import card
from training.data import TONES
from training.identities import sections
from training.probes import DARK, THRESHOLDS
from training.written import read_written

_SHOWN: Final = tuple(map(str, THRESHOLDS))


def write(folder: Path, scores: Mapping[str, Any]) -> None:
    """Write README.md and scores.json."""
    found, heat = scores["leads"], scores["temperature"]
    prose = {
        "overview": overview(scores),
        "classes": classes(scores["test"]),
        "gate": gate(scores["dev"]["int8"]["gate"]),
        "leads": leads(found),
        "ways": ways(found["ways"]),
        "labels": str(sum(found["labels"].values())),
        "kappa": f"{found['kappa']:.2f}",
        "threshold": str(found["threshold"]),
        "subjects": subjects(scores["subjects"]["groups"]),
        "auc": f"{scores['subjects']['auc_dark_against_light']:.3f}",
        "shifts": shifts(scores["shifts"]),
        "unmasked": shifts(scores["shifts_without_marks"]),
        "negation": negation(scores["negation"]),
        "short": short(scores["short"]),
        "agreement": ", ".join(f"{name} {one:.3f}" for name, one in scores["agreement"].items()),
        "degrees": f"{heat['degrees']:.2f}",
        "warm": f"{heat['calibration_error']:.3f}",
        "cooled": f"{scores['test']['int8']['calibration_error']:.3f}",
        "recipe": ", ".join(f"{key} {value}" for key, value in scores["recipe"].items()),
        "written": str(len(read_written())),
        "terms": f"{sum(len(one.terms) for one in sections()):,}",
    }
    card.write(folder, "sentiment", scores, prose)


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


def leads(found: Mapping[str, Any]) -> str:
    """A table of what the threshold rejects in each half of the labelled leads."""
    rows = [
        [
            name,
            one["distressing"],
            _interval(one["caught"]),
            one["harmless"],
            _interval(one["wrongly_rejected"]),
            one["auc"],
        ]
        for name, one in (("sets it", found["set"]), ("tests it", found["held_out"]))
    ]
    head = ("half", "distressing", "of these rejected", "harmless", "of these rejected", "AUC")
    return card.table(head, rows)


def _interval(value: Sequence[float]) -> str:
    share, low, high = value
    return f"{share:.3f} ({low:.3f} to {high:.3f})"


def ways(found: Mapping[str, Mapping[str, float]]) -> str:
    """A table of ways to score a lead."""
    head = ("score", "AUC", "harmless rejected at 80 % caught", "at 90 % caught")
    return card.table(head, [[name, *one.values()] for name, one in found.items()])


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


def shifts(found: Mapping[str, Mapping[str, Any]]) -> str:
    """A table of the shifts of the score by group."""
    head = ("group", "sentences", "mean shift", "largest", "verdicts that change", "rejected")
    return card.table(head, [[name, *one.values()] for name, one in found.items()])


def negation(found: Sequence[Mapping[str, Any]]) -> str:
    """A table of the scores of denials and of what they deny."""
    rows = [[one["text"], f"{one['score']:+.2f}", f"{one['without']:+.2f}"] for one in found]
    return card.table(("sentence", "score", "without the denial"), rows)


def short(found: Mapping[str, Mapping[str, Any]]) -> str:
    """A table of the share of short leads that is rejected, by group."""
    return card.table(
        ("group", "leads", "rejected"), [[name, *one.values()] for name, one in found.items()]
    )
