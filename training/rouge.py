"""ROUGE of whole summaries against human ones."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from rouge_score.rouge_scorer import RougeScorer

from training import card
from training.data import Document
from training.scores import bootstrap

GENRES: Final = ("bio", "news", "voyage", "academic")
KINDS: Final = ("rouge1", "rouge2", "rougeL")
LEAD: Final = "lead-3"
SENTENCES, WORDS = 3, 60

Points = dict[str, list[float]]


def points(documents: Sequence[Document], texts: Sequence[str]) -> Points:
    """ROUGE F of each text in percent, by kind; the best of several human summaries counts."""
    scorer = RougeScorer(KINDS, use_stemmer=True)
    scores = [
        scorer.score_multi(one.summaries, text) for one, text in zip(documents, texts, strict=True)
    ]
    return {kind: [100 * one[kind].fmeasure for one in scores] for kind in KINDS}


def compare(
    documents: Sequence[Document], texts: Mapping[str, Sequence[str]]
) -> tuple[str, dict[str, Any]]:
    """A table with the difference of each from lead-3, and its numbers."""
    measured = {who: points(documents, some) for who, some in texts.items()}
    rows, numbers = [], {}
    for who, mine in measured.items():
        words = float(np.mean([len(text.split()) for text in texts[who]]))
        cells = {kind: _cell(mine[kind], measured[LEAD][kind]) for kind in KINDS}
        rows.append([who, *(cells[kind] for kind in KINDS), f"{words:.0f}"])
        numbers[who] = {**{kind: float(np.mean(mine[kind])) for kind in KINDS}, "words": words}
    return card.table(("", "ROUGE-1", "ROUGE-2", "ROUGE-L", "words"), rows), numbers


def _cell(mine: Sequence[float], other: Sequence[float]) -> str:
    differences = np.subtract(mine, other)
    if not differences.any():
        return f"{np.mean(mine):.1f}"
    low, high = bootstrap(differences.tolist())
    return f"{np.mean(mine):.1f} ({differences.mean():+.1f} [{low:+.1f}, {high:+.1f}])"
