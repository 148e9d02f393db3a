"""Request and response bodies that are not values of the graph."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.api.limits import MAX_NAMES, MAX_TERMS, Start, Term
from app.core.errors import DigestError, kind
from app.core.tracing import trace_id
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
    instance: Annotated[
        str,
        Field(
            description="the request, by its `X-Request-Id`",
            examples=["urn:wiki-digest:request:7d0f2a64-9f1c-4f3e-9d0a-4b8a2f6f3c11"],
        ),
    ] = ""
    suggestions: Annotated[tuple[str, ...], Field(description="similar titles")] = ()
    stage: Annotated[str, Field(description="the stage that failed")] = ""
    errors: Annotated[tuple[Fault, ...], Field(description="the errors in the request")] = ()
    trace_id: Annotated[
        str,
        Field(
            description="the trace of the request, if it has one",
            examples=["4bf92f3577b34da6a3ce929d0e0e4736"],
        ),
    ] = ""

    @model_validator(mode="after")
    def _in_trace(self) -> Self:
        self.trace_id = self.trace_id or trace_id()
        return self

    @classmethod
    def of(cls, error: DigestError) -> Self:
        """The problem for an error."""
        return cls(
            type=f"urn:wiki-digest:{kind(type(error))}",
            title=error.title,
            status=error.status,
            detail=error.detail,
            suggestions=getattr(error, "suggestions", ()),
            stage=getattr(error, "stage", ""),
        )


class Item(Value):
    """The result for one term of many, which is cut if it is too long: a digest or a problem."""

    term: str
    digest: Digest | None = None
    problem: Problem | None = None


class Exact(BaseModel):
    """What a client sends: unknown names are errors, and many names are one error."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _refuse_many(cls, given: object) -> object:
        if isinstance(given, dict) and len(given) > MAX_NAMES:
            raise ValueError(f"{len(given):,} names; at most {MAX_NAMES} are allowed")
        return given


class NoQuery(Exact):
    """A query without parameters."""


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


class Terms(Exact):
    """Many terms. An invalid term gets a problem of its own; the others are processed."""

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
