"""Evaluate the extractive summarizer on human summaries, against lead-k and random choice.

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
DRAWS: Final = 20  # random summaries per document
BUCKETS: Final = 4096  # for hashed character n-grams
GRAMS: Final = (3, 4)  # characters
EMBEDDINGS: Final = "MiniLM embeddings"
OUT: Final = Path(__file__).with_suffix(".md")

Chooser = Callable[[Sequence[str], int], Sequence[Sequence[int]]]
Points = dict[str, list[float]]

INTRODUCTION: Final = """\
# Evaluation of the extractive summarizer

`python -m training.summary DATA` writes this file. The scores are ROUGE F x 100 against the human
summaries of GUM v11 (test use only; genres {genres}; {documents} documents). With
several human summaries the best score counts, as in `rouge-score`, with stemming. Headings,
captions, tables and lines of fewer than six words (datelines) are excluded. Brackets have the
95 % bootstrap interval of the difference from lead-k over documents. *Seconds* is the time for all
documents on one thread.

The summarizer is **on par with lead-k**: better at two sentences by ROUGE-1, and within noise
otherwise (at three sentences its mean is lower). Always quote it together with the row of lead-k.
Unlike lead-k it chooses from the whole article. The served representation is TF-IDF words: the
cheapest, and within noise of MiniLM's embeddings (last table).
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
    """The first `count` sentences."""
    return [list(range(min(count, len(sentences))))]


def random_choices(sentences: Sequence[str], count: int) -> list[list[int]]:
    """Random choices of sentences, DRAWS of them."""
    rng, size = Random(count), min(count, len(sentences))
    return [sorted(rng.sample(range(len(sentences)), size)) for _ in range(DRAWS)]


def ranker(represent: Callable[[Sequence[str]], Rows]) -> Chooser:
    """The served summarizer with this representation, which is computed once per document."""
    seen: dict[tuple[str, ...], Rows] = {}

    def once(sentences: Sequence[str]) -> Rows:
        key = tuple(sentences)
        if key not in seen:
            seen[key] = represent(sentences)
        return seen[key]

    return lambda sentences, count: [SentenceRanker(count, once).choose(sentences)]


CHOOSERS: Final[Mapping[str, Chooser]] = {
    "lead-k": lead,
    "random": random_choices,
    "words (served)": ranker(words),
    "character n-grams": ranker(grams),
    EMBEDDINGS: ranker(embedded),
}


def rouge(documents: Sequence[Document], choose: Chooser, count: int) -> Points:
    """ROUGE F of each document, in percent, by kind; the mean over a chooser's summaries."""
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


def difference(mine: Sequence[float], other: Sequence[float]) -> str:
    """The difference of two means over the same documents, with its 95 % interval."""
    differences = [a - b for a, b in zip(mine, other, strict=True)]
    low, high = bootstrap(differences)
    return f"{np.mean(differences):+.1f} [{low:+.1f}, {high:+.1f}]"


def cell(mine: Points, other: Points, kind: str) -> str:
    """A mean, and its difference from the mean of lead-k."""
    mean = f"{np.mean(mine[kind]):.1f}"
    return mean if mine is other else f"{mean} ({difference(mine[kind], other[kind])})"


def section(measured: Mapping[str, Points], seconds: Mapping[str, float], count: int) -> str:
    """The section with the table for one number of sentences."""
    leads = measured["lead-k"]
    rows = [
        [name, *(cell(mine, leads, kind) for kind in KINDS), f"{seconds[name]:.2f}"]
        for name, mine in measured.items()
    ]
    head = ("", "ROUGE-1", "ROUGE-2", "ROUGE-L", "seconds")
    return f"## {count} sentence{'s' * (count > 1)}\n\n{table(head, rows)}\n"


def against_embeddings(measured: Mapping[int, Mapping[str, Points]]) -> str:
    """The section with the differences of words and n-grams from MiniLM's embeddings."""
    rows = [
        [
            count,
            name,
            *(difference(some[name][kind], some[EMBEDDINGS][kind]) for kind in KINDS),
        ]
        for count, some in measured.items()
        for name in ("words (served)", "character n-grams")
    ]
    head = ("sentences", f"minus {EMBEDDINGS}", "ROUGE-1", "ROUGE-2", "ROUGE-L")
    return f"## Against embeddings\n\n{table(head, rows)}\n"


def timed(documents: Sequence[Document], choose: Chooser, count: int) -> float:
    """CPU seconds to choose from every document."""
    start = time.process_time()
    for one in documents:
        choose(one.sentences, count)
    return time.process_time() - start


def report(documents: Sequence[Document]) -> str:
    """The content of summary.md."""
    seconds = {name: timed(documents, choose, COUNTS[-1]) for name, choose in CHOOSERS.items()}
    measured = {
        count: {
            name: rouge(documents, choose, count)
            for name, choose in tqdm(CHOOSERS.items(), file=sys.stderr)
        }
        for count in COUNTS
    }
    opening = INTRODUCTION.format(genres=", ".join(GENRES), documents=len(documents))
    sections = [section(some, seconds, count) for count, some in measured.items()]
    return "\n".join([opening, *sections, against_embeddings(measured)])


def main() -> None:
    """Print the report, and write it to summary.md."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="the folder with the data sets, one folder each")
    text = report(read_gum(parser.parse_args().data, GENRES))
    print(text)
    OUT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
