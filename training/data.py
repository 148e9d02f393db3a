"""Readers of the data sets for training and evaluation. DATA is the folder with all of them.

The texts are not copied into the repository.
"""

import csv
import gzip
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from statistics import NormalDist
from typing import Final
from urllib.parse import unquote

from training.crossner import coarsen

DOMAINS: Final = ("politics", "science", "music", "literature", "ai")
TONES: Final = ("NEGATIVE", "NEUTRAL", "POSITIVE")
PROSE: Final = ("p", "quote", "item")  # blocks of GUM with sentences
SHORTEST: Final = 6  # words; shorter lines in GUM are mostly datelines and bylines
UNPLEASANT, PLEASANT = 2.8, 3.2  # EmoBank valence, on a scale of 1 to 5 with 3 in the middle
DOUBT: Final = 0.2  # the standard error of a mean of about five ratings


@dataclass(frozen=True)
class Rated:
    """One EmoBank sentence with its mean valence (1 to 5)."""

    text: str
    valence: float

    @property
    def tone(self) -> int:
        """The index into TONES; a valence between UNPLEASANT and PLEASANT is neutral."""
        return 0 if self.valence < UNPLEASANT else 2 if self.valence > PLEASANT else 1

    @property
    def shares(self) -> list[float]:
        """The probability of each tone, given the standard error of the rating.

        As targets instead of the tone alone they prevent overconfidence: the gate's score then
        follows valence, and a threshold on it is meaningful.
        """
        doubt = NormalDist(self.valence, DOUBT)
        negative, positive = doubt.cdf(UNPLEASANT), 1 - doubt.cdf(PLEASANT)
        return [negative, 1 - negative - positive, positive]


@dataclass(frozen=True)
class Tagged:
    """The words of a sentence, and the BIO label of each."""

    words: tuple[str, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Document:
    """A GUM document: its sentences, and its human summaries."""

    name: str
    genre: str
    sentences: tuple[str, ...]
    summaries: tuple[str, ...]
    text: str = ""
    """the sentences in their paragraphs"""
    title: str = ""
    lead: str = ""
    """the text above the first heading that is not the title, if there is one"""


def read_emobank(data: Path) -> dict[str, list[Rated]]:
    """EmoBank's sentences by split: train, dev, test."""
    splits: dict[str, list[Rated]] = {"train": [], "dev": [], "test": []}
    with (data / "emobank" / "emobank.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            splits[row["split"]].append(Rated(row["text"], float(row["V"])))
    return splits


def parse_conll(lines: Iterable[str]) -> Iterator[Tagged]:
    """Sentences of a text with one word and label per line, separated by blank lines."""
    for filled, block in groupby(lines, key=lambda line: bool(line.strip())):
        if filled:
            rows = [line.split() for line in block]
            yield Tagged(tuple(row[0] for row in rows), tuple(row[-1] for row in rows))


def iob1_to_bio(labels: Sequence[str]) -> tuple[str, ...]:
    """IOB1 labels as BIO. IOB1 has B only between adjacent entities of one type; BIO at each."""
    before = ("O", *labels[:-1])
    return tuple(
        f"B{label[1:]}" if label[0] == "I" and last[1:] != label[1:] else label
        for last, label in zip(before, labels, strict=True)
    )


def read_crossner(data: Path, split: str) -> list[Tagged]:
    """All five domains of a split, with the 39 types mapped to four."""
    files = [data / "crossner" / domain / f"{split}.txt" for domain in DOMAINS]
    return [
        Tagged(one.words, tuple(map(coarsen, one.labels)))
        for file in files
        for one in parse_conll(file.read_text(encoding="utf-8").splitlines())
    ]


def read_wikigold(data: Path) -> list[Tagged]:
    """Wikigold's sentences in file order, which is by article."""
    text = (data / "wikigold" / "wikigold.conll.txt").read_text(encoding="utf-8")
    return [Tagged(one.words, iob1_to_bio(one.labels)) for one in parse_conll(text.splitlines())]


def read_leads(data: Path) -> dict[str, str]:
    """The leads of Wikispeedia's articles by title."""
    with gzip.open(data / "wikispeedia" / "leads.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return {row["title"]: row["lead"] for row in rows}


def read_subjects(data: Path) -> dict[str, set[str]]:
    """Wikispeedia's titles by subject path, such as ``subject.Geography.Storms``."""
    subjects: dict[str, set[str]] = {}
    text = (data / "wikispeedia" / "categories.tsv").read_text(encoding="utf-8")
    for line in text.splitlines():
        name, _, subject = line.partition("\t")
        if subject:
            subjects.setdefault(subject, set()).add(unquote(name).replace("_", " "))
    return subjects


def parse_gum(name: str, text: str) -> Document:
    """A document in CoNLL-U, without headings, captions, datelines and generated summaries."""
    sentences: list[str] = []
    summaries: list[str] = []
    paragraphs: list[list[str]] = [[]]
    title, lead, prose = "", 0, True
    for line in text.splitlines():
        key, _, value = line.removeprefix("# ").partition(" = ")
        if key == "newpar_block":
            prose = value.split()[0] in PROSE
            if sentences and value.startswith("head"):
                lead = lead or len(paragraphs)
            paragraphs.append([])
        elif key == "text" and prose and len(value.split()) >= SHORTEST:
            sentences.append(value)
            paragraphs[-1].append(value)
        elif key == "meta::title":
            title = value
        elif key.startswith("meta::summary") and value.startswith("(human"):
            summaries.append(value.partition(") ")[2])
    return Document(
        name,
        name.split("_")[1],
        tuple(sentences),
        tuple(summaries),
        _text(paragraphs),
        title,
        _text(paragraphs[:lead]),
    )


def _text(paragraphs: Sequence[Sequence[str]]) -> str:
    return "\n\n".join(" ".join(some) for some in paragraphs if some)


def read_gum(data: Path, genres: Sequence[str]) -> list[Document]:
    """The documents of these genres that have human summaries, sorted by file name."""
    files = sorted((data / "gum").glob("*.conllu"))
    documents = [parse_gum(file.stem, file.read_text(encoding="utf-8")) for file in files]
    return [one for one in documents if one.genre in genres and one.summaries]
