"""Other people's models that ours stand beside, where their packages are installed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from tqdm import tqdm

from training.served import Judged

SPACY: Final = "en_core_web_sm"
VADER: Final = "vaderSentiment"
_BATCH: Final = 64
NEUTRAL: Final = 0.05
"""VADER's own bound: it calls a text negative or positive above it."""
_TYPES: Final[Mapping[str, str]] = {
    "PERSON": "PER",
    "ORG": "ORG",
    "GPE": "LOC",
    "LOC": "LOC",
    "FAC": "LOC",
    "NORP": "MISC",
    "EVENT": "MISC",
    "WORK_OF_ART": "MISC",
    "PRODUCT": "MISC",
    "LAW": "MISC",
    "LANGUAGE": "MISC",
}
"""OntoNotes' types as ours; its dates and numbers are no names."""

Tagger = Callable[[Sequence[str]], Iterator[frozenset[tuple[int, int, str]]]]
Judge = Callable[[Sequence[str]], Iterator[Judged]]


def taggers() -> dict[str, Tagger]:
    """SpaCy's small English model, if it is installed."""
    return {f"spaCy {SPACY}": _spacy} if find_spec(SPACY) else {}


def judges() -> dict[str, Judge]:
    """VADER, if it is installed."""
    return {"VADER": _vader} if find_spec(VADER) else {}


def _spacy(texts: Sequence[str]) -> Iterator[frozenset[tuple[int, int, str]]]:
    model: Any = import_module(SPACY).load()
    for read in tqdm(model.pipe(texts, batch_size=_BATCH), total=len(texts), desc="spaCy"):
        yield frozenset(map(_without_article, (one for one in read.ents if one.label_ in _TYPES)))


def _without_article(name: Any) -> tuple[int, int, str]:
    """A name without the "the" that OntoNotes' guideline includes and ours leaves out."""
    shift = len("the ") if name.text[:4].lower() == "the " else 0
    return name.start_char + shift, name.end_char, _TYPES[name.label_]


def _vader(texts: Sequence[str]) -> Iterator[Judged]:
    analyzer: Any = import_module(f"{VADER}.{VADER}").SentimentIntensityAnalyzer()
    for text in texts:
        score = -analyzer.polarity_scores(text)["compound"]
        label = "NEUTRAL" if abs(score) < NEUTRAL else "NEGATIVE" if score > 0 else "POSITIVE"
        yield Judged(label, score, rejected=label == "NEGATIVE")
