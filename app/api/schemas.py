"""Request and response bodies that are not values of the graph."""

import re
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from app.api.limits import MAX_TERMS, Start, Term
from app.core.errors import DigestError
from app.core.values import Digest, Value
from app.models.model_info import ModelInfo


class Fault(BaseModel):
    """One error in a request."""

    where: Annotated[str, Field(examples=["query.term"])]
    message: str


class Problem(BaseModel):
    """Problem details (RFC 9457)."""

    type: Annotated[str, Field(examples=["urn:wiki-digest:no-article"])]
    title: Annotated[str, Field(examples=["No pages found"])]
    status: Annotated[int, Field(ge=400, le=599, examples=[404])]
    detail: Annotated[str, Field(description="a sentence for the client")]
    suggestions: Annotated[tuple[str, ...], Field(description="similar titles")] = ()
    stage: Annotated[str, Field(description="the stage that failed")] = ""
    errors: Annotated[tuple[Fault, ...], Field(description="the errors in the request")] = ()

    @classmethod
    def of(cls, error: DigestError) -> Self:
        """The problem for an error."""
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
    """The result for one term of many: a digest or a problem."""

    term: str
    digest: Digest | None = None
    problem: Problem | None = None


class NoQuery(BaseModel):
    """A query without parameters; unknown parameters are errors."""

    model_config = ConfigDict(extra="forbid")


class TermQuery(NoQuery):
    """A query with one term."""

    term: Term


class ClassicQuery(NoQuery):
    """A query of the legacy contract."""

    search_term: Term


class StartQuery(NoQuery):
    """A query for suggestions."""

    term: Start = ""


class Titles(Value):
    """Titles of articles, and of redirects to them."""

    titles: Annotated[tuple[str, ...], Field(examples=[["Ada Lovelace"]])]


class Terms(BaseModel):
    """Many terms. An invalid term gets a problem of its own; the others are processed."""

    model_config = ConfigDict(extra="forbid")

    terms: Annotated[
        list[str],
        Field(min_length=1, max_length=MAX_TERMS, examples=[["ada lovelace", "mercury"]]),
    ]


class Models(Value):
    """The loaded model of each stage."""

    models: tuple[ModelInfo, ...]


class Items(Value):
    """One item for each term of the request, in the same order."""

    items: tuple[Item, ...]
