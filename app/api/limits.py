"""What a stranger may send, and how much at once."""

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from pydantic import AfterValidator, Field

from app.core.errors import BadTerm, Overloaded

MAX_BODY_BYTES = 131_072
"""The longest body of a POST; `MAX_TERMS` of the longest terms fit, in four bytes a character."""
MAX_TERMS = 100
"""Terms in one POST."""
MAX_TERM = 200
"""Characters of a search term; the longest title that MediaWiki allows has 255 bytes."""
TERM_PATTERN = r"^[^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F][^\x00-\x1F\x7F-\x9F]*$"
"""Terms that `check_term` takes, as OpenAPI can say it: no control characters, not only space."""
START_PATTERN = r"^[^\x00-\x1F\x7F-\x9F]*$"
"""What `check_start` takes, said likewise."""


def check_term(term: str) -> str:
    """`term` without the white space around it.

    Raises:
        BadTerm: it is empty, too long, or holds control characters.
    """
    if not (checked := check_start(term)):
        raise BadTerm("the term is empty; give a word or a title to look for")
    return checked


def check_start(term: str) -> str:
    """The beginning of a term, without the white space around it; it may be empty.

    Raises:
        BadTerm: it is too long, or holds control characters.
    """
    if len(term) > MAX_TERM:
        raise BadTerm(f"the term has {len(term):,} characters; at most {MAX_TERM} are allowed")
    bad = next((c for c in term if unicodedata.category(c) in {"Cc", "Cs"}), None)
    if bad is not None:
        raise BadTerm(f"the term holds the control character U+{ord(bad):04X}")
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
        description="how a title begins; empty for some to begin with",
        examples=["ada"],
        json_schema_extra={"maxLength": MAX_TERM, "pattern": START_PATTERN},
    ),
]
"""The beginning of a search term in a request."""


class Admission:
    """Lets `limit` requests in at once and refuses more, so that those inside are answered."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._inside = 0

    @contextmanager
    def one(self) -> Iterator[None]:
        """A place for one request.

        Raises:
            Overloaded: all places are taken.
        """
        if self._inside >= self._limit:
            raise Overloaded(f"{self._limit:,} requests are being answered already; try again soon")
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1
