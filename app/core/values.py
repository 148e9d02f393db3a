"""The values that travel through the graph, and how they become one answer."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from app.core.text import split_lead


class Value(BaseModel):
    """A fact: never changed once made."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Licence(Value):
    """The terms under which an article's text may be used."""

    name: Annotated[str, Field(examples=["CC0 1.0"])]
    url: Annotated[str, Field(examples=["https://creativecommons.org/publicdomain/zero/1.0/"])]


class Heading(Value):
    """Which article an answer is about, and under what terms.

    `revision` names this very version where the source has versions. `alternatives` are the other
    meanings of an ambiguous term. `complete` is false where the source cut a very long text.
    """

    title: Annotated[str, Field(examples=["Ada Lovelace"])]
    url: Annotated[str, Field(examples=["urn:wiki-digest:corpus:Ada%20Lovelace"])]
    licence: Licence
    attribution: Annotated[str, Field(description="whom to name when the text is used")]
    language: str = "en"
    revision: str | None = None
    alternatives: tuple[str, ...] = ()
    complete: bool = True


class Article(Heading):
    """What the source found.

    `text` is plain: paragraphs divided by blank lines, no headings; `lead` is its beginning.
    """

    lead: str
    text: str

    @classmethod
    def from_raw(cls, raw: str, heading: Heading) -> Self:
        """An article from a text that may have `== headings ==`."""
        lead, text = split_lead(raw)
        return cls(lead=lead, text=text, **dict(heading))

    @property
    def heading(self) -> Heading:
        """The article without its text."""
        return Heading.model_validate(self.model_dump(exclude={"lead", "text"}))


class Read(Value):
    """How much of an article's text a stage has read."""

    characters: Annotated[int, Field(ge=0, description="characters of the article that were read")]
    of: Annotated[int, Field(ge=0, description="characters that the article has")]


class Tone(Value):
    """How an article sounds. It is rejected where `score` is above `threshold`."""

    label: Annotated[str, Field(examples=["NEUTRAL"], description="the most probable class")]
    score: Annotated[
        float,
        Field(ge=-1, le=1, description="probability of negative less probability of positive"),
    ]
    threshold: Annotated[float, Field(ge=-1, le=1, description="above it, an article is rejected")]
    read: Read

    @property
    def rejected(self) -> bool:
        """Whether the gate turns the article away."""
        return self.score > self.threshold


class Summary(Value):
    """A few sentences that stand for the article."""

    text: str
    method: Annotated[str, Field(examples=["extractive"], description="extractive | abstractive")]
    read: Read


class Entity(Value):
    """A name in the article, all its mentions taken together."""

    text: str
    type: Annotated[
        str, Field(examples=["PER"], description="the model's label: PER, ORG, LOC, MISC")
    ]
    score: Annotated[float, Field(ge=0, le=1, description="mean probability over the mentions")]
    count: Annotated[int, Field(ge=1, description="number of mentions")]


class Entities(Value):
    """The names in an article, the most important first."""

    items: tuple[Entity, ...]
    read: Read


StageResult = Tone | Summary | Entities
"""What a stage that runs a model returns."""


class Status(StrEnum):
    """What became of the request."""

    OK = "ok"
    REJECTED = "rejected"
    DEGRADED = "degraded"


class Missing(Value):
    """A part that the answer should have and has not, and why."""

    stage: str
    reason: str


class StageDone(Value):
    """A stage has finished after `ms` milliseconds; it failed if there is no `result`."""

    stage: Annotated[str, Field(examples=["sentiment"])]
    ms: Annotated[float, Field(ge=0)]
    result: Heading | StageResult | None


class Digest(Heading):
    """The answer to one term."""

    status: Status
    term: str
    tone: Tone | None = None
    summary: Summary | None = None
    entities: Entities | None = None
    missing: tuple[Missing, ...] = ()
    ms: Annotated[dict[str, float], Field(description="milliseconds that each stage took")]
    cached: Annotated[bool, Field(description="whether every part was at hand already")] = False


def combine(  # noqa: PLR0913 - the parts of one answer, each by its name
    article: Article,
    *,
    term: str,
    ms: Mapping[str, float],
    tone: Tone | None = None,
    missing: Sequence[Missing] = (),
    cached: bool = False,
    **results: StageResult | None,
) -> Digest:
    """One answer from an article's heading and the results of its stages, by `Digest` field."""
    if tone is not None and tone.rejected:
        status = Status.REJECTED
    else:
        status = Status.DEGRADED if missing else Status.OK
    parts = {"status": status, "term": term, "ms": ms, "tone": tone, "missing": missing}
    return Digest.model_validate({**dict(article.heading), **parts, "cached": cached, **results})
