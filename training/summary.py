"""Measure the extractive summarizer on human summaries, beside lead-k and chance.

``python -m training.summary DATA`` prints the tables and writes them to training/summary.md.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Final
from zlib import crc32

import numpy as np
from rouge_score.rouge_scorer import RougeScorer
from tqdm import tqdm

from app.models.extractive import Rows, SentenceRanker, words
from training import base
from training.baseline import sentence_vectors
from training.card import table
from training.data import Document, read_gum
from training.scores import bootstrap

GENRES: Final = ("bio", "news", "voyage", "academic")
KINDS: Final = ("rouge1", "rouge2", "rougeL")
COUNTS: Final = (1, 2, 3)
DRAWS: Final = 20  # random summaries of each document
BUCKETS: Final = 4096  # of hashed character n-grams
GRAMS: Final = (3, 4)  # characters
DEAREST: Final = "MiniLM embeddings"
OUT: Final = Path(__file__).with_suffix(".md")

Chooser = Callable[[Sequence[str], int], Sequence[Sequence[int]]]
Points = dict[str, list[float]]

INTRODUCTION: Final = """\
# The extractive summarizer, measured

`python -m training.summary DATA` makes this file. ROUGE F x 100 against the human summaries of
GUM v11 (test use only; genres {genres}; {documents} documents; the best of a
document's human summaries, as `rouge-score` does it, with stemming). Headings, captions, tables
and lines of fewer than six words (datelines) are left out. In brackets: the 95 % bootstrap
interval of the difference from lead-k over documents. *Seconds* is the time for all documents on
one thread.

The summarizer is **on par with lead-k**: better at two sentences by ROUGE-1, and within noise
everywhere else (at three its mean is below). Never quote it without the row of lead-k. What it
adds is a choice over the whole article. The representation that is served is TF-IDF words: the
cheapest, and not worse beyond noise than MiniLM's embeddings (last table).
No weight was tuned on these documents.
"""


def grams(sentences: Sequence[str]) -> Rows:
    """Counts of hashed character n-grams."""
    entries = [
        (row, crc32(sentence[at : at + size].lower().encode()) % BUCKETS)
        for row, sentence in enumerate(sentences)
        for size in GRAMS
        for at in range(max(1, len(sentence) - size + 1))
    ]
    row, column = np.array(entries, np.intp).T
    return Rows.of(row, column, np.ones(len(row)), (len(sentences), BUCKETS))


def embedded(sentences: Sequence[str]) -> Rows:
    """MiniLM's sentence embeddings."""
    vectors = sentence_vectors(base.bare_tokenizer(), sentences).astype(np.float64)
    row, column = np.indices(vectors.shape)
    return Rows.of(row.ravel(), column.ravel(), vectors.ravel(), vectors.shape)


def lead(sentences: Sequence[str], count: int) -> list[list[int]]:
    """The first sentences."""
    return [list(range(min(count, len(sentences))))]


def chance(sentences: Sequence[str], count: int) -> list[list[int]]:
    """Some drawings at random."""
    rng, size = Random(count), min(count, len(sentences))
    return [sorted(rng.sample(range(len(sentences)), size)) for _ in range(DRAWS)]


def by(represent: Callable[[Sequence[str]], Rows]) -> Chooser:
    """The summarizer as it is served, on one representation."""
    seen: dict[tuple[str, ...], Rows] = {}

    def once(sentences: Sequence[str]) -> Rows:
        key = tuple(sentences)
        if key not in seen:
            seen[key] = represent(sentences)
        return seen[key]

    return lambda sentences, count: [SentenceRanker(count, once).choose(sentences)]


CHOOSERS: Final[Mapping[str, Chooser]] = {
    "lead-k": lead,
    "random": chance,
    "words (served)": by(words),
    "character n-grams": by(grams),
    DEAREST: by(embedded),
}


def points(documents: Sequence[Document], choose: Chooser, count: int) -> Points:
    """ROUGE F of each document, in percent."""
    scorer = RougeScorer(KINDS, use_stemmer=True)
    found: Points = {kind: [] for kind in KINDS}
    for one in documents:
        texts = [
            " ".join(one.sentences[at] for at in chosen) for chosen in choose(one.sentences, count)
        ]
        scores = [scorer.score_multi(one.summaries, text) for text in texts]
        for kind in KINDS:
            found[kind].append(100 * float(np.mean([some[kind].fmeasure for some in scores])))
    return found


def beside(mine: Sequence[float], other: Sequence[float]) -> str:
    """The difference of two means over the same documents, with its interval."""
    apart = [a - b for a, b in zip(mine, other, strict=True)]
    low, high = bootstrap(apart)
    return f"{np.mean(apart):+.1f} [{low:+.1f}, {high:+.1f}]"


def cell(mine: Points, other: Points, kind: str) -> str:
    """A mean, and how far it is from lead-k's."""
    mean = f"{np.mean(mine[kind]):.1f}"
    return mean if mine is other else f"{mean} ({beside(mine[kind], other[kind])})"


def section(measured: Mapping[str, Points], seconds: Mapping[str, float], count: int) -> str:
    """The table for one number of sentences."""
    leads = measured["lead-k"]
    rows = [
        [name, *(cell(mine, leads, kind) for kind in KINDS), f"{seconds[name]:.2f}"]
        for name, mine in measured.items()
    ]
    head = ("", "ROUGE-1", "ROUGE-2", "ROUGE-L", "seconds")
    return f"## {count} sentence{'s' * (count > 1)}\n\n{table(head, rows)}\n"


def against_embeddings(measured: Mapping[int, Mapping[str, Points]]) -> str:
    """The served representation and the n-grams, each minus MiniLM's."""
    rows = [
        [
            count,
            name,
            *(beside(some[name][kind], some["MiniLM embeddings"][kind]) for kind in KINDS),
        ]
        for count, some in measured.items()
        for name in ("words (served)", "character n-grams")
    ]
    head = ("sentences", "minus MiniLM embeddings", "ROUGE-1", "ROUGE-2", "ROUGE-L")
    return f"## Against embeddings\n\n{table(head, rows)}\n"


def timed(documents: Sequence[Document], choose: Chooser, count: int) -> float:
    """Seconds of processor time to choose from every document."""
    start = time.process_time()
    for one in documents:
        choose(one.sentences, count)
    return time.process_time() - start


def report(documents: Sequence[Document]) -> str:
    """All tables."""
    seconds = {name: timed(documents, choose, COUNTS[-1]) for name, choose in CHOOSERS.items()}
    measured = {
        count: {
            name: points(documents, choose, count)
            for name, choose in tqdm(CHOOSERS.items(), file=sys.stderr)
        }
        for count in COUNTS
    }
    opening = INTRODUCTION.format(genres=", ".join(GENRES), documents=len(documents))
    sections = [section(some, seconds, count) for count, some in measured.items()]
    return "\n".join([opening, *sections, against_embeddings(measured)])


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="the folder with the sets, one folder each")
    text = report(read_gum(parser.parse_args().data, GENRES))
    print(text)
    OUT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
