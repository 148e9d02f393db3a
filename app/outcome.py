"""What becomes of a term: a digest, or the problem with it."""

import re
from typing import Annotated, Self

from pydantic import BaseModel, Field

from app.answer import Digest, Value
from app.errors import DigestError


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
