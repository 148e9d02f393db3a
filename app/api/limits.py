"""Limits on requests: size, characters, number of terms."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from app.core.errors import BadTerm

MAX_BODY_BYTES = 131_072
"""Bytes of a POST body. `MAX_TERMS` terms of `MAX_TERM` characters fit, at four bytes each."""
LONG_BYTES = 4_096
"""Bytes of a body above which it takes a tenth of a millisecond or more to parse."""
MAX_QUERY_BYTES = 16_384
"""Bytes of a query. A term of `MAX_TERM` characters fits, at twelve bytes each (%F0%9F%98%80)."""
MAX_NAMES = 100
"""Maximum number of names in a query or a body."""
MAX_TERMS = 100
"""Maximum number of terms in one POST."""
MAX_TERM = 200
"""Maximum characters of a search term. MediaWiki's longest title has 255 bytes."""
UNDECODED = "\ufffd"
"""What a server puts in place of bytes that are not UTF-8."""
_CONTROL = re.compile(r"[\x00-\x1F\x7F-\x9F\uD800-\uDFFF]")  # Unicode's categories Cc and Cs
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
    if bad := _CONTROL.search(term):
        raise BadTerm(f"the term holds the control character U+{ord(bad[0]):04X}")
    if UNDECODED in term:
        raise BadTerm("the term is not UTF-8: it holds U+FFFD, the sign for undecodable bytes")
    return term.strip()


def cut(text: str, longest: int = MAX_TERM) -> str:
    """What an answer repeats of a text in a request: its first `longest` characters."""
    return text if len(text) <= longest else f"{text[:longest]}\u2026"


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
