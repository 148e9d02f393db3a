"""Probes of the tone gate beyond its test set: subjects of articles, and names of countries.

The subject groups are a proxy: no person has rated these leads as distressing or not.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from training.countries import SAMPLE, TEMPLATES
from training.data import read_leads, read_subjects
from training.loop import Logits
from training.scores import auc

Score = Callable[[Sequence[str]], Logits]  # texts -> shares of negative, neutral, positive

DARK: Final[Mapping[str, str]] = {
    "disasters and storms": r"Geography\.(Storms|Natural_Disasters)$",
    "wars": r"History\.(Military_History_and_War|World_War_II|Pre_1900_Military)$",
    "diseases": r"Biology\.Health_and_medicine$",
}
LIGHT: Final[Mapping[str, str]] = {
    "food": r"(Food_and_agriculture|Drink)$",
    "sport": r"Everyday_life\.Sports",
    "music": r"subject\.Music\.",
    "art": r"subject\.Art\.Art$",
    "countries": r"subject\.Countries$",
    "science": r"(General_Physics|Chemical_elements|Space_Astronomy|General_Biology)$",
    "people": r"People\.(Artists|Writers|Astronomers|Mathematicians|Engineers|Performers)",
}
THRESHOLDS: Final = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
_ILL: Final = re.compile(
    r"disease|disorder|infect|syndrome|cancer|virus|illness|epidemic", re.IGNORECASE
)
_OPENING: Final = 300  # characters of a lead that are searched for _ILL


def groups(data: Path) -> dict[str, list[str]]:
    """The leads of each group. Leads on health and medicine must match _ILL at the beginning."""
    leads, subjects = read_leads(data), read_subjects(data)
    found: dict[str, list[str]] = {}
    for name, pattern in {**DARK, **LIGHT}.items():
        paths = [path for path in subjects if re.search(pattern, path)]
        titles = set().union(*(subjects[path] for path in paths)) & leads.keys()
        found[name] = [leads[title] for title in sorted(titles)]
    found["diseases"] = [one for one in found["diseases"] if _ILL.search(one[:_OPENING])]
    return found


def gate_scores(shares: Logits) -> list[float]:
    """The score that the gate compares with its threshold: P(NEGATIVE) - P(POSITIVE)."""
    scores: list[float] = (shares[:, 0] - shares[:, -1]).tolist()
    return scores


def by_subject(score: Score, data: Path) -> dict[str, Any]:
    """The share of each group rejected at each threshold, and the AUC of DARK against LIGHT."""
    scores = {name: gate_scores(score(leads)) for name, leads in groups(data).items()}
    dark = [one for name in DARK for one in scores[name]]
    light = [one for name in LIGHT for one in scores[name]]
    return {
        "groups": {
            name: {
                "articles": len(some),
                "rejected": {str(at): float(np.mean(np.asarray(some) > at)) for at in THRESHOLDS},
            }
            for name, some in scores.items()
        },
        "auc_dark_against_light": auc(dark, light),
    }


def country_spread(score: Score) -> dict[str, Any]:
    """The range of P(POSITIVE) and of the gate's score over countries in the same sentence."""
    tables = [score([one.replace("{}", name) for name in SAMPLE]) for one in TEMPLATES]
    return {
        "countries": len(SAMPLE),
        "templates": {one: _spread(shares) for one, shares in zip(TEMPLATES, tables, strict=True)},
        "mean_range_of_p_positive": float(np.mean([np.ptp(one[:, -1]) for one in tables])),
        "mean_range_of_score": float(np.mean([np.ptp(gate_scores(one)) for one in tables])),
    }


def _spread(shares: Logits) -> dict[str, Any]:
    positive, scores = shares[:, -1], gate_scores(shares)
    low, high = int(positive.argmin()), int(positive.argmax())
    return {
        "p_positive": [float(positive[low]), float(positive[high])],
        "lowest": SAMPLE[low],
        "highest": SAMPLE[high],
        "score": [min(scores), max(scores)],
    }
