"""The values that travel through the graph, and how they become one answer."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from app.core.text import split_lead


class Value(BaseModel):
    """An immutable value."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Licence(Value):
    """The terms under which an article's text may be used."""

    name: Annotated[str, Field(examples=["CC0 1.0"])]
    url: Annotated[str, Field(examples=["https://creativecommons.org/publicdomain/zero/1.0/"])]


class Heading(Value):
    """The article that an answer is about, and its licence.

    `revision` identifies the version, if the source has versions. `alternatives` are the other
    meanings of an ambiguous term. `complete` is false if the source truncated a very long text.
    """

    title: Annotated[str, Field(examples=["Ada Lovelace"])]
    url: Annotated[str, Field(examples=["urn:wiki-digest:corpus:Ada%20Lovelace"])]
    licence: Licence
    attribution: Annotated[str, Field(description="name this author when you use the text")]
    language: str = "en"
    revision: str | None = None
    alternatives: tuple[str, ...] = ()
    complete: bool = True


class Article(Heading):
    """An article with its text.

    `text` is plain: paragraphs divided by blank lines, no headings. `lead` is its beginning.
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
    """How much of an article's text a stage has processed."""

    characters: Annotated[int, Field(ge=0, description="characters that were processed")]
    of: Annotated[int, Field(ge=0, description="characters in the article")]


class Place(Value):
    """A range of characters in the article's text: `text[start:end]`."""

    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(ge=0)]


class Tone(Value):
    """The tone of an article. It is rejected if `score` is above `threshold`."""

    label: Annotated[str, Field(examples=["NEUTRAL"], description="the most probable class")]
    score: Annotated[
        float,
        Field(ge=-1, le=1, description="probability of negative minus probability of positive"),
    ]
    threshold: Annotated[float, Field(ge=-1, le=1, description="articles above it are rejected")]
    read: Read

    @property
    def rejected(self) -> bool:
        """Whether the article is rejected."""
        return self.score > self.threshold


class Summary(Value):
    """A few sentences that sum up the article."""

    text: str
    method: Annotated[
        str, Field(examples=["extractive"], description="extractive | abstractive | list")
    ]
    read: Read
    sentences: Annotated[
        tuple[Place, ...],
        Field(description="where the sentences of an extractive summary, or a list's items, stand"),
    ] = ()


class Entity(Value):
    """A name in the article, with all its mentions."""

    text: str
    type: Annotated[
        str, Field(examples=["PER"], description="the model's label: PER, ORG, LOC, MISC")
    ]
    score: Annotated[float, Field(ge=0, le=1, description="mean probability over the mentions")]
    count: Annotated[int, Field(ge=1, description="number of mentions")]
    aliases: Annotated[tuple[str, ...], Field(description="its other spellings")] = ()
    mentions: Annotated[
        tuple[Place, ...], Field(description="where it stands in the article, in order")
    ] = ()


class Entities(Value):
    """The names in an article, the most important first."""

    items: tuple[Entity, ...]
    read: Read


StageResult = Tone | Summary | Entities
"""What a stage that runs a model returns."""


class Status(StrEnum):
    """The outcome of a request."""

    OK = "ok"
    REJECTED = "rejected"
    DEGRADED = "degraded"


class Missing(Value):
    """A stage whose result is missing from the answer, and why."""

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
    ms: Annotated[dict[str, float], Field(description="milliseconds for each stage")]
    cached: Annotated[bool, Field(description="whether every result came from the cache")] = False


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
