"""Evaluate the served stages on whole texts, beside other models and simple baselines.

``python -m training.evaluate DATA`` prints the tables and writes them into the cards. The
summarizer is evaluated by ``training.summary``.
With ``--set sentiment.model=...``, as in ``wiki-digest serve``, other models are evaluated, and
nothing is written.
"""

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from app.config.loader import Config, assign, read
from app.config.settings import Settings
from app.models.resolve import EMBEDDED_FOLDER
from training import card, labelled, marked, probes, rivals
from training.crossner import TYPES
from training.data import TONES, read_crossner, read_emobank, read_leads, read_wikigold
from training.scores import Floats, Interval, auc_interval, f1_interval, macro_f1_interval
from training.served import Judged, Named, Served, read_sample, written

OURS: Final = "served"
INTRODUCTION: Final = """\
## Evaluation of the served stage

`make evaluate DATA=folder` writes this section. It runs the stage of the application with its
default settings on whole texts. Brackets have 95 % bootstrap intervals over the texts."""
SAMPLE: Final = "training/samples"
GOLD_SHARE: Final = 0.8  # of Wikigold is for training


class Section(NamedTuple):
    """One part of the evaluation: a table for people, and numbers for programs."""

    text: str
    numbers: dict[str, Any]


def counts(truth: Sequence[Named], found: Sequence[frozenset[tuple[int, int, str]]]) -> Floats:
    """Hits, found and true names of each text, by type and of all: (texts, types, 3)."""
    rows = []
    for one, some in zip(truth, found, strict=True):
        sets = (one.names & some, some, one.names)
        rows.append([[_of(kind, names) for names in sets] for kind in (*TYPES, "all")])
    return np.array(rows, np.float64)


def _of(kind: str, names: frozenset[tuple[int, int, str]]) -> int:
    return sum(kind in {"all", one} for _, _, one in names)


def name_scores(tag: rivals.Tagger, truth: Sequence[Named]) -> dict[str, Interval]:
    """F1 of exact places and types, by type and of all."""
    table = counts(truth, list(tag([one.text for one in truth])))
    return {kind: f1_interval(table[:, at]) for at, kind in enumerate((*TYPES, "all"))}


def names(data: Path, served: Served) -> Section:
    """F1 on the test sets, each sentence an article of its own."""
    gold = read_wikigold(data)
    sets = {
        "CrossNER test": [*map(written, read_crossner(data, "test"))],
        "Wikigold, last 20 %": [*map(written, gold[int(GOLD_SHARE * len(gold)) :])],
        SAMPLE: read_sample(),
    }
    taggers: dict[str, rivals.Tagger] = {OURS: served.names, **rivals.taggers()}
    scores = {
        name: {who: name_scores(tag, some) for who, tag in taggers.items()}
        for name, some in sets.items()
    }
    rows = [
        [name, who, *some.values()] for name, one in scores.items() for who, some in one.items()
    ]
    table = card.table(("set", "model", *TYPES, "all"), rows)
    return Section(f"F1 of exact places and types:\n\n{table}", {"names": scores})


def tone_scores(judged: Sequence[Judged], gold: Sequence[int]) -> dict[str, Interval]:
    """Macro-F1 of the three classes, and the AUC of NEGATIVE against POSITIVE."""
    guess = [TONES.index(one.label) for one in judged]
    negative, positive = (
        [one.score for one, tone in zip(judged, gold, strict=True) if tone == at] for at in (0, 2)
    )
    return {
        "macro-F1": macro_f1_interval(gold, guess, len(TONES)),
        "AUC": auc_interval(negative, positive),
    }


def tone(data: Path, served: Served) -> Section:
    """Scores on EmoBank's test set, each sentence an article of its own."""
    rated = read_emobank(data)["test"]
    texts, gold = [one.text for one in rated], [one.tone for one in rated]
    judges: dict[str, rivals.Judge] = {OURS: served.tones, **rivals.judges()}
    scores = {who: tone_scores(list(judge(texts)), gold) for who, judge in judges.items()}
    rows = [[who, *one.values()] for who, one in scores.items()]
    head = ("model", "macro-F1", "AUC, NEGATIVE against POSITIVE")
    return Section(f"EmoBank's test set:\n\n{card.table(head, rows)}", {"tone": scores})


def swaps(_: Path, served: Served) -> Section:
    """How far the score of a sentence shifts between groups of people."""
    head = ("model", "group", "sentences", "mean shift", "largest", "changed", "rejected")
    found = {
        who: probes.shifts(_scores(judge), limit)
        for who, judge, limit in ((OURS, served.tones, served.threshold), *_other_judges())
    }
    rows = [[who, name, *one.values()] for who, some in found.items() for name, one in some.items()]
    text = "Sentences that differ only in a word for a group of people, and verdicts that change:"
    return Section(f"{text}\n\n{card.table(head, rows)}", {"swaps": found})


def gate(data: Path, served: Served) -> Section:
    """Labelled leads caught and wrongly rejected, in the half that sets no threshold."""
    leads, texts = labelled.read_labels(), read_leads(data)
    found = {}
    for who, judge, limit in ((OURS, served.tones, served.threshold), *_other_judges()):
        scores = _scores(judge)([texts[one.title] for one in leads])
        found[who] = labelled.rates(*labelled.poles(leads, scores, sets=False), limit)
    rows = [
        [who, *(str(Interval(*one[key])) for key in ("caught", "wrongly_rejected")), one["auc"]]
        for who, one in found.items()
    ]
    table = card.table(("model", "distressing caught", "harmless rejected", "AUC"), rows)
    return Section(f"Labelled leads that set no threshold:\n\n{table}", {"gate": found})


def _scores(judge: rivals.Judge) -> probes.Score:
    return lambda texts: [one.score for one in judge(texts)]


def _other_judges() -> list[tuple[str, rivals.Judge, float]]:
    """The other judges, with the scores above which they say that a text is negative."""
    return [(who, judge, rivals.NEUTRAL) for who, judge in rivals.judges().items()]


PARTS: Final[Mapping[Path, tuple[Callable[[Path, Served], Section], ...]]] = {
    EMBEDDED_FOLDER / "entities" / "README.md": (names,),
    EMBEDDED_FOLDER / "sentiment" / "README.md": (tone, swaps, gate),
}
"""The parts of the evaluation by the card that shows them."""


def joined(sections: Sequence[Section]) -> Section:
    """The section of one card."""
    text = "\n\n".join([INTRODUCTION, *(one.text for one in sections)])
    return Section(text, {key: value for one in sections for key, value in one.numbers.items()})


def write(path: Path, section: Section) -> None:
    """Put a section into a card, and its numbers into the scores.json beside it, if it has one."""
    path.write_text(marked.put(path.read_text(encoding="utf-8"), section.text), encoding="utf-8")
    numbers = path.with_name("scores.json")
    if numbers.exists():
        held = json.loads(numbers.read_text(encoding="utf-8"))
        merged = card.rounded(card.plain({**held, "evaluation": section.numbers}))
        numbers.write_text(json.dumps(merged, indent=2) + "\n", encoding="utf-8")


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="the folder with the data sets, one folder each")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="given")
    return parser


def settings(given: Sequence[str]) -> Settings:
    """The settings with these assignments."""
    data: dict[str, object] = {}
    for assignment in given:
        data = assign(data, assignment, "settings")
    return read(Config, data).settings


def main() -> None:
    """Print the tables, and write those of the embedded models."""
    args = arguments().parse_args()
    served = Served(settings(args.given))
    for path, parts in PARTS.items():
        section = joined([part(args.data, served) for part in parts])
        print(f"{section.text}\n")
        if not args.given:
            write(path, section)


if __name__ == "__main__":
    main()
