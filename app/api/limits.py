"""Limits on requests: size, characters, number of terms, concurrency."""

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from pydantic import AfterValidator, Field

from app.core.errors import BadTerm, Overloaded

MAX_BODY_BYTES = 131_072
"""Bytes of a POST body. `MAX_TERMS` terms of `MAX_TERM` characters fit, at four bytes each."""
MAX_TERMS = 100
"""Maximum number of terms in one POST."""
MAX_TERM = 200
"""Maximum characters of a search term. MediaWiki's longest title has 255 bytes."""
UNDECODED = "\ufffd"
"""What a server puts in place of bytes that are not UTF-8."""
_BAD = r"\x00-\x1F\x7F-\x9F\uFFFD"
TERM_PATTERN = rf"^[^{_BAD}]*[^\s{_BAD}][^{_BAD}]*$"
"""The rule of `check_term` for OpenAPI: valid characters, not only white space."""
START_PATTERN = rf"^[^{_BAD}]*$"
"""The rule of `check_start` for OpenAPI."""


def check_term(term: str) -> str:
    """`term` without the white space around it.

    Raises:
        BadTerm: it is empty, too long, not UTF-8, or holds control characters.
    """
    if not (checked := check_start(term)):
        raise BadTerm("the term is empty; give a word or a title to look for")
    return checked


def check_start(term: str) -> str:
    """The beginning of a term without the white space around it; it can be empty.

    Raises:
        BadTerm: it is too long, not UTF-8, or holds control characters.
    """
    if len(term) > MAX_TERM:
        raise BadTerm(f"the term has {len(term):,} characters; at most {MAX_TERM} are allowed")
    bad = next((c for c in term if unicodedata.category(c) in {"Cc", "Cs"}), None)
    if bad is not None:
        raise BadTerm(f"the term holds the control character U+{ord(bad):04X}")
    if UNDECODED in term:
        raise BadTerm("the term is not UTF-8: it holds U+FFFD, the sign for undecodable bytes")
    return term.strip()


Term = Annotated[
    str,
    AfterValidator(check_term),
    Field(
        description="what to look for",
        examples=["ada lovelace"],
        json_schema_extra={"minLength": 1, "maxLength": MAX_TERM, "pattern": TERM_PATTERN},
    ),
]
"""A search term in a request."""
Start = Annotated[
    str,
    AfterValidator(check_start),
    Field(
        description="the beginning of a title; empty for some examples",
        examples=["ada"],
        json_schema_extra={"maxLength": MAX_TERM, "pattern": START_PATTERN},
    ),
]
"""The beginning of a search term in a request."""


class Admission:
    """Admits `limit` concurrent requests and rejects more."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._inside = 0

    @contextmanager
    def one(self) -> Iterator[None]:
        """Admit one request for the time of the block.

        Raises:
            Overloaded: `limit` requests are in progress.
        """
        if self._inside >= self._limit:
            raise Overloaded(f"{self._limit:,} requests are in progress already; try again soon")
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1
