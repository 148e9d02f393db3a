"""The served stages on whole texts, as the application runs them; without torch."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from tqdm import tqdm

from app.config.settings import Settings
from app.core.values import Article, Entities, Heading, Licence, StageResult, Tone
from app.models.device import Device
from app.stages.registry import STAGES
from training.data import Tagged
from training.scores import spans

R = TypeVar("R", bound=StageResult)

BATCH: Final = 16
_CLOSING: Final = frozenset(".,:;!?)]}%'\u2019\u201d") | {"'s", "\u2019s", "n't", "''"}
_OPENING: Final = frozenset("([{$\u00a3\u201c\u2018") | {"``"}
SAMPLE: Final = Path(__file__).parent / "samples" / "names.txt"
_MARK: Final = re.compile(r"\[(?P<type>PER|ORG|LOC|MISC) (?P<name>[^]]+)\]")
_LICENCE: Final = Licence(name="not stated", url="about:blank")


class Named(NamedTuple):
    """A text with its names, each of them (start, end, type) in characters."""

    text: str
    names: frozenset[tuple[int, int, str]]


def article(text: str) -> Article:
    """A text as an article without a title."""
    heading = Heading(title="", url="urn:text", licence=_LICENCE, attribution="")
    return Article(lead=text, text=text, **dict(heading))


def written(sentence: Tagged) -> Named:
    """The words of a sentence as people write them: no space before a full stop or in brackets."""
    text, places = "", []
    for word in sentence.words:
        glued = not text or word in _CLOSING or text[-1] in _OPENING
        text += word if glued else f" {word}"
        places.append((len(text) - len(word), len(text)))
    found = (
        (places[first][0], places[last - 1][1], kind)
        for kind, first, last in spans(sentence.labels)
    )
    return Named(text, frozenset(found))


def read_sample() -> list[Named]:
    """The sentences of samples/names.txt."""
    lines = SAMPLE.read_text(encoding="utf-8").splitlines()
    return [unmarked(line) for line in lines if not line.startswith("#")]


def unmarked(line: str) -> Named:
    """A text with its names, of a line with marks such as `[PER Ada Lovelace]`."""
    text, names, end = "", set(), 0
    for mark in _MARK.finditer(line):
        text += line[end : mark.start()]
        names.add((len(text), len(text) + len(mark["name"]), mark["type"]))
        text, end = text + mark["name"], mark.end()
    return Named(text + line[end:], frozenset(names))


class Judged(NamedTuple):
    """The gate's class and score of a text, and whether it is rejected."""

    label: str
    score: float
    rejected: bool


class Served:
    """The stages with the models in the settings."""

    def __init__(self, settings: Settings, threads: int = 1) -> None:
        self.threshold = settings.sentiment.threshold
        device = Device(threads=threads)
        self._stage = cache(lambda name: STAGES[name].load(settings, device))

    def names(self, texts: Sequence[str]) -> Iterator[frozenset[tuple[int, int, str]]]:
        """The names in each text, as in `Named`."""
        for found in self._run("entities", Entities, texts):
            items = found.items if found else ()
            yield frozenset((at.start, at.end, one.type) for one in items for at in one.mentions)

    def tones(self, texts: Sequence[str]) -> Iterator[Judged]:
        """The tone of each text."""
        for tone in self._run("sentiment", Tone, texts):
            label = tone.label if tone and tone.label else "NEUTRAL"
            score = tone.score if tone and tone.score is not None else 0.0
            yield Judged(label, score, rejected=bool(tone and tone.rejected))

    def _run(self, name: str, kind: type[R], texts: Sequence[str]) -> Iterator[R | None]:
        """The result for each text; None if the stage declines it."""
        stage = self._stage(name)
        articles = [article(text) for text in texts]
        for at in tqdm(range(0, len(articles), BATCH), desc=name, leave=False):
            for result in stage.run(articles[at : at + BATCH]):
                yield result if isinstance(result, kind) else None
