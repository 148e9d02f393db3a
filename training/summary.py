"""Evaluate the extractive summarizer on human summaries, and choose its number of words.

``python -m training.summary DATA`` prints the tables and writes them to training/summary.md.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Final
from zlib import crc32

import numpy as np

from app.config.settings import SummarizerSettings
from app.core.text import is_ended, sentences, words
from app.core.values import Article, Heading, Licence
from app.models.device import Device
from app.models.extractive import DIVERSITY, relevance, tf_idf
from app.stages.summarizer import SummarizerStage
from training.card import table
from training.data import Document, read_gum
from training.rouge import GENRES, LEAD, SENTENCES, WORDS, compare, points
from training.scores import bootstrap

BOUNDS: Final = (50, 55, 60, 65)
OURS: Final = "served"
GOLD: Final = "GUM's lead-3"
LEAD_WORDS: Final = f"lead-{WORDS}-words"
NAMES: Final = ("first", "second")
OUT: Final = Path(__file__).with_suffix(".md")
LICENCE: Final = Licence(name="not stated", url="about:blank")

INTRODUCTION: Final = """\
# Evaluation of the extractive summarizer

`python -m training.summary DATA` writes this file. The scores are ROUGE F x 100 against the human
summaries of GUM v11 (test use only; genres {genres}; {documents} documents). With several
human summaries the best score counts, as in `rouge-score`, with stemming. Headings, captions,
tables and lines of fewer than six words (datelines) are excluded. In brackets is the difference
from lead-3 with its 95 % bootstrap interval over documents.

*Served* is the stage of the application on whole documents: the first sentence, and up to two more
by similarity to the text and by position, within a number of words. *lead-3* and *lead-60-words*
are the first sentences of the same text, divided into sentences as the application does it; *GUM's
lead-3* are the first three as people divided them. *Served before* chose three sentences by the
same score from the whole document, whatever their length. *random* are three random sentences.

**What the numbers support:** within {default} words the summary is better than lead-3 by ROUGE-1,
and as long as a person's summary rather than longer. The gain comes from the number of words more
than from the score: the difference from lead-60-words is within noise (ROUGE-1
{against_words}), and that from GUM's lead-3 is at the edge of it ({against_gold}).
The number of words is chosen as below; what else the score consists of was not tuned, but other
forms of it were looked at on all of these documents.
"""
CHOICE: Final = """\
## The number of words

The documents are divided by a hash of their names. Each half chooses a number of words, which is
applied to the other half; so no document is scored with what it has chosen itself. Mean ROUGE-1:
"""
CROSSED: Final = "## All documents, each with the number of words that the other half has chosen\n"
DEFAULT: Final = "## All documents with the default of {default} words\n"
HALF: Final = "## The {name} half with the {bound} words that the other half has chosen\n"

Texts = Mapping[str, Sequence[str]]


def half(document: Document) -> int:
    """The half that a document belongs to: 0 or 1."""
    return crc32(document.name.encode()) % 2


def article(document: Document) -> Article:
    """A document as an article."""
    heading = Heading(title=document.title, url="urn:text", licence=LICENCE, attribution="")
    lead = document.lead or document.text.partition("\n\n")[0]
    return Article(lead=lead, text=document.text, **dict(heading))


def served(documents: Sequence[Document], max_words: int) -> list[str]:
    """The summaries by the stage of the application."""
    stage = SummarizerStage.load(SummarizerSettings(max_words=max_words), Device())
    return [one.text for one in stage.run([article(document) for document in documents])]


def before(document: Document) -> str:
    """Three sentences by similarity and position alone, as they were served before."""
    whole = [one for one in document.sentences if is_ended(one)] or list(document.sentences)
    rows = tf_idf([words(one.lower()) for one in whole])
    score, similarity = (1 - DIVERSITY) * relevance(rows), np.zeros(len(whole))
    chosen: list[int] = []
    while len(chosen) < min(SENTENCES, len(whole)):
        chosen.append(int((score - DIVERSITY * similarity).argmax()))
        score[chosen[-1]] = -np.inf
        similarity = np.maximum(similarity, rows.dot(rows[chosen[-1]]))
    return " ".join(whole[at] for at in sorted(chosen))


def drawn(document: Document) -> str:
    """Three random sentences."""
    count = min(SENTENCES, len(document.sentences))
    chosen = Random(document.name).sample(range(len(document.sentences)), count)
    return " ".join(document.sentences[at] for at in sorted(chosen))


def lead_words(text: str) -> str:
    """The first sentences of a text of at most WORDS words together, and one at least."""
    given = [one.text for one in sentences(text)]
    sizes = np.cumsum([len(words(one)) for one in given])
    return " ".join(given[: max(1, int(np.searchsorted(sizes, WORDS, side="right")))])


def systems(documents: Sequence[Document], ours: Sequence[str]) -> dict[str, Sequence[str]]:
    """The summaries of our stage and of the baselines."""
    divided = [[one.text for one in sentences(document.text)] for document in documents]
    return {
        LEAD: [" ".join(some[:SENTENCES]) for some in divided],
        GOLD: [" ".join(one.sentences[:SENTENCES]) for one in documents],
        LEAD_WORDS: [lead_words(one.text) for one in documents],
        OURS: ours,
        "served before": [*map(before, documents)],
        "random": [*map(drawn, documents)],
    }


def choices(
    halves: Sequence[Sequence[Document]],
) -> tuple[list[int], str]:
    """The number of words that each half chooses, and the table of their scores."""
    means = [
        [float(np.mean(points(some, served(some, bound))["rouge1"])) for bound in BOUNDS]
        for some in halves
    ]
    chosen = [BOUNDS[int(np.argmax(some))] for some in means]
    rows = [
        [f"{name} ({len(some)} documents)", *(f"{one:.1f}" for one in mean), best]
        for name, some, mean, best in zip(NAMES, halves, means, chosen, strict=True)
    ]
    return chosen, table(("half", *map(str, BOUNDS), "chosen"), rows)


def crossed(halves: Sequence[Sequence[Document]], chosen: Sequence[int]) -> list[str]:
    """The summaries of both halves, each with the number of words that the other has chosen."""
    pairs = zip(halves, reversed(chosen), strict=True)
    return [text for some, bound in pairs for text in served(some, bound)]


def against(documents: Sequence[Document], texts: Texts, other: str) -> str:
    """The difference of our ROUGE-1 from another's, with its 95 % interval."""
    mine, theirs = (points(documents, texts[who])["rouge1"] for who in (OURS, other))
    differences = np.subtract(mine, theirs)
    low, high = bootstrap(differences.tolist())
    return f"{differences.mean():+.1f} [{low:+.1f}, {high:+.1f}]"


def section(head: str, documents: Sequence[Document], ours: Sequence[str]) -> str:
    """A heading, and the table of all systems on these documents."""
    return f"{head}\n{compare(documents, systems(documents, ours))[0]}\n"


def report(documents: Sequence[Document]) -> str:
    """The content of summary.md."""
    halves = [[one for one in documents if half(one) == at] for at in (0, 1)]
    every = [one for some in halves for one in some]
    chosen, chart = choices(halves)
    default = SummarizerSettings().max_words
    ours = served(every, default)
    texts = systems(every, ours)
    opening = INTRODUCTION.format(
        genres=", ".join(GENRES),
        documents=len(documents),
        default=default,
        against_words=against(every, texts, LEAD_WORDS),
        against_gold=against(every, texts, GOLD),
    )
    parts = [opening, f"{CHOICE}\n{chart}\n", section(CROSSED, every, crossed(halves, chosen))]
    parts.append(section(DEFAULT.format(default=default), every, ours))
    for name, some, bound in zip(NAMES, halves, reversed(chosen), strict=True):
        parts.append(section(HALF.format(name=name, bound=bound), some, served(some, bound)))
    return "\n".join(parts)


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
