"""The legacy contract of `GET /?search_term=`: four fields; `success` is false on failure."""

from typing import Annotated

from pydantic import Field

from app.core.values import Digest, Status, Value


class Classic(Value):
    """A response of the legacy contract."""

    success: bool
    message: Annotated[str, Field(examples=["Success!"])]
    summary: str = ""
    named_entities: Annotated[tuple[str, ...], Field(examples=[["Charles Babbage"]])] = ()


def nothing_found() -> Classic:
    """The response if no article matches."""
    return Classic(success=False, message="No pages found")


def classic(digest: Digest) -> Classic:
    """Convert a digest to the legacy contract."""
    if digest.status is Status.REJECTED:
        return Classic(success=False, message=f"Rejected: {_rejection(digest)}")
    missing = ", ".join(part.stage for part in digest.missing)
    return Classic(
        success=True,
        message=f"Degraded: without {missing}" if missing else "Success!",
        summary=digest.summary.text if digest.summary else "",
        named_entities=tuple(e.text for e in digest.entities.items) if digest.entities else (),
    )


def _rejection(digest: Digest) -> str:
    if digest.tone is not None and digest.tone.refused:
        return digest.tone.reason
    return f"the tone of {digest.title} is negative"
