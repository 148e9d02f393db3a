"""The response with a digest: its JSON, its entity tag, or a 304 for a client that has it."""

from hashlib import sha256
from typing import NamedTuple

from pydantic_core import to_json
from starlette.responses import Response
from starlette.types import Scope

from app.core.values import Digest

CACHE_CONTROL = "no-cache"
"""Clients may keep a digest, and ask each time whether it is the same: its article can change."""
TAG_LENGTH = 32
"""Characters of a tag: 128 bits."""
DESCRIBED: dict[int | str, dict[str, object]] = {
    200: {"headers": {"ETag": {"description": "the digest's tag", "schema": {"type": "string"}}}},
    304: {"description": "The digest is the one whose tag is in `If-None-Match`"},
}
"""The OpenAPI `responses` of a route with a digest."""
_IF_NONE_MATCH = b"if-none-match"


class Body(NamedTuple):
    """A digest as JSON without its last members, which differ between requests, and their tag."""

    json: bytes
    etag: bytes


def render(digest: Digest) -> Body:
    """The body without `ms` and `cached`.

    The tag is weak, and a hash of all other members: the revision of the article, and whatever
    models and settings made of it.
    """
    json = digest.model_dump_json(exclude={"ms", "cached"}).encode()
    tag = sha256(json).hexdigest()[:TAG_LENGTH]
    return Body(json[:-1] + b",", f'W/"{tag}"'.encode())


def respond(scope: Scope, body: Body, ms: dict[str, float], *, cached: bool) -> Response:
    """The response to a request: the digest, or a 304 if the request has its tag."""
    if _has(scope, body.etag):
        response = Response(status_code=304)
    else:
        rest = to_json({"ms": ms, "cached": cached})[1:]
        response = Response(body.json + rest, media_type="application/json")
    response.raw_headers += (b"etag", body.etag), (b"cache-control", CACHE_CONTROL.encode())
    return response


def _has(scope: Scope, etag: bytes) -> bool:
    """Whether the client has the digest with this tag, by a weak comparison (RFC 9110, 13.1.2)."""
    given = [value for name, value in scope["headers"] if name == _IF_NONE_MATCH]
    tags = (tag.strip() for value in given for tag in value.split(b","))
    return any(tag == b"*" or tag.removeprefix(b"W/") == etag[2:] for tag in tags)
