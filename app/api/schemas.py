"""Request and response bodies that are not values of the graph."""

import re
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from app.api.limits import MAX_TERMS, Start, Term
from app.core.errors import DigestError
from app.core.values import Digest, Value
from app.models.model_info import ModelInfo


class Fault(BaseModel):
    """One thing that is wrong with a request."""

    where: Annotated[str, Field(examples=["query.term"])]
    message: str


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: Annotated[str, Field(examples=["urn:wiki-digest:no-article"])]
    title: Annotated[str, Field(examples=["No pages found"])]
    status: Annotated[int, Field(ge=400, le=599, examples=[404])]
    detail: Annotated[str, Field(description="a sentence for the person who asked")]
    suggestions: Annotated[tuple[str, ...], Field(description="titles that come near")] = ()
    stage: Annotated[str, Field(description="the stage that failed")] = ""
    errors: Annotated[tuple[Fault, ...], Field(description="each thing that is wrong")] = ()

    @classmethod
    def of(cls, error: DigestError) -> Self:
        """The problem that an error of ours is."""
        kind = re.sub(r"(?<!^)(?=[A-Z])", "-", type(error).__name__).lower()
        return cls(
            type=f"urn:wiki-digest:{kind}",
            title=error.title,
            status=error.status,
            detail=error.detail,
            suggestions=getattr(error, "suggestions", ()),
            stage=getattr(error, "stage", ""),
        )


class Item(Value):
    """What became of one term of many: a digest, or the problem with it."""

    term: str
    digest: Digest | None = None
    problem: Problem | None = None


class NoQuery(BaseModel):
    """A query without parameters; one that is not named here is an error."""

    model_config = ConfigDict(extra="forbid")


class TermQuery(NoQuery):
    """One term."""

    term: Term


class ClassicQuery(NoQuery):
    """One term, by its classic name."""

    search_term: Term


class StartQuery(NoQuery):
    """How a title begins."""

    term: Start = ""


class Titles(Value):
    """Titles of articles, and other names of theirs."""

    titles: Annotated[tuple[str, ...], Field(examples=[["Ada Lovelace"]])]


class Terms(BaseModel):
    """Many terms. One that is not valid gets its own problem, and does not spoil the others."""

    model_config = ConfigDict(extra="forbid")

    terms: Annotated[
        list[str],
        Field(min_length=1, max_length=MAX_TERMS, examples=[["ada lovelace", "mercury"]]),
    ]


class Models(Value):
    """What is loaded, stage by stage."""

    models: tuple[ModelInfo, ...]


class Items(Value):
    """One item for each term that was asked for, in the same order."""

    items: tuple[Item, ...]
