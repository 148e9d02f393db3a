"""Leads labelled by hand, which set the gate's threshold on one half and test it on the other.

labels.tsv holds titles and labels, no text; the leads are those of DATA/wikispeedia.
"""

from collections.abc import Sequence
from hashlib import sha256
from itertools import islice
from math import ceil
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from app.core.text import sentences
from training.data import read_leads
from training.probes import Score
from training.scores import Floats, auc

FILE: Final = Path(__file__).parent / "leads" / "labels.tsv"
DISTRESSING, HARMLESS = "distressing", "harmless"
LABELS: Final = (DISTRESSING, "unclear", HARMLESS)
CAUGHT: Final = 0.8  # the share of distressing leads that the threshold must catch where it is set
RESAMPLES: Final = 10_000
COUNTS: Final = (1, 2, 4, 6, 8, 10)  # sentences of a lead


class Lead(NamedTuple):
    """A title with the labels of two passes."""

    title: str
    first: str
    second: str

    @property
    def label(self) -> str:
        """The label if both passes agree, else unclear."""
        return self.first if self.first == self.second else "unclear"

    @property
    def sets(self) -> bool:
        """Whether the lead is in the half that sets the threshold."""
        return int(sha256(self.title.encode()).hexdigest(), 16) % 2 == 0


def read_labels() -> list[Lead]:
    """The labelled titles."""
    lines = FILE.read_text(encoding="utf-8").splitlines()
    return [Lead(*line.split("\t")) for line in lines if not line.startswith("#")]


def kappa(leads: Sequence[Lead]) -> float:
    """Cohen's kappa of the two passes."""
    agreed = float(np.mean([one.first == one.second for one in leads]))
    shares = np.array([[row.count(label) for label in LABELS] for row in zip(*leads, strict=True)])
    chance = float((shares[1] * shares[2]).sum()) / len(leads) ** 2
    return (agreed - chance) / (1 - chance)


def threshold(dark: Floats) -> float:
    """The largest threshold of two digits that catches at least CAUGHT of the distressing leads."""
    least = np.sort(dark)[len(dark) - ceil(CAUGHT * len(dark))]
    return float(np.floor(least * 100 - 1e-9) / 100)


def trade(dark: Floats, light: Floats) -> dict[str, float]:
    """The share of harmless leads rejected where 80 and 90 % of the distressing ones are caught."""
    cuts = {share: np.quantile(dark, 1 - share, method="lower") for share in (0.8, 0.9)}
    wrong = {f"wrong_at_{share}": float(np.mean(light >= cut)) for share, cut in cuts.items()}
    return {"auc": auc(dark.tolist(), light.tolist()), **wrong}


def rates(dark: Floats, light: Floats, at: float) -> dict[str, Any]:
    """Shares of distressing and harmless leads above a threshold, with 95 % bootstrap intervals."""
    return {
        "distressing": len(dark),
        "harmless": len(light),
        "caught": _share(dark > at),
        "wrongly_rejected": _share(light > at),
        **trade(dark, light),
    }


def _share(above: Any) -> list[float]:
    drawn = np.random.default_rng(0).choice(above, (RESAMPLES, len(above))).mean(axis=1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return [float(above.mean()), float(low), float(high)]


class Poles(NamedTuple):
    """The scores of distressing and of harmless leads."""

    dark: Floats
    light: Floats


def poles(leads: Sequence[Lead], scores: Sequence[float], *, sets: bool) -> Poles:
    """The scores of the leads of one half, without the unclear ones."""
    dark, light = (
        np.array(
            [
                score
                for one, score in zip(leads, scores, strict=True)
                if one.label == label and one.sets == sets
            ]
        )
        for label in (DISTRESSING, HARMLESS)
    )
    return Poles(dark, light)


def on_leads(score: Score, window: Score, data: Path) -> dict[str, Any]:
    """The threshold that one half of the leads sets, and the rates on both halves.

    `window` scores a lead as one text. It and the means of other numbers of sentences are
    compared on the half that sets the threshold.
    """
    leads, texts = read_labels(), read_leads(data)
    some = [texts[one.title] for one in leads]
    scores = score(some)
    at = threshold(poles(leads, scores, sets=True).dark)
    ways = {"one window": window(some), **means(score, some), "served": scores}
    return {
        "threshold": at,
        "kappa": kappa(leads),
        "labels": {label: sum(one.label == label for one in leads) for label in LABELS},
        "set": rates(*poles(leads, scores, sets=True), at),
        "held_out": rates(*poles(leads, scores, sets=False), at),
        "ways": {name: trade(*poles(leads, one, sets=True)) for name, one in ways.items()},
    }


def means(score: Score, texts: Sequence[str]) -> dict[str, list[float]]:
    """The mean score of the first sentences of each text, for each of COUNTS."""
    split = [[one.text for one in islice(sentences(text), max(COUNTS))] for text in texts]
    rest = iter(score([one for some in split for one in some]))
    scores = [list(islice(rest, len(some))) for some in split]
    return {f"mean of {most}": [float(np.mean(some[:most])) for some in scores] for most in COUNTS}
