import re

import pytest
from pydantic import TypeAdapter

from app.api.limits import (
    MAX_BODY_BYTES,
    MAX_TERM,
    MAX_TERMS,
    START_PATTERN,
    TERM_PATTERN,
    Term,
    check_start,
    check_term,
)
from app.core.errors import BadTerm

TERM: TypeAdapter[str] = TypeAdapter(Term)
VALID = [
    "ada",
    "Ada Lovelace",
    "x",
    "0",
    "🦆",
    "عادا لافليس",
    "\u202eadA",
    "<b>ada</b> & 'co' \"; --",
    "é",
    "e\u0301",
    "\u200b",
    "x" * MAX_TERM,
    "🦆" * MAX_TERM,
]
INVALID = {
    "": "the term is empty; give a word or a title to look for",
    "   ": "the term is empty; give a word or a title to look for",
    "\u00a0\u3000": "the term is empty; give a word or a title to look for",
    "ada\0": "the term holds the control character U+0000",
    "a\nb": "the term holds the control character U+000A",
    "\tada": "the term holds the control character U+0009",
    "\x7f": "the term holds the control character U+007F",
    "ada\x85": "the term holds the control character U+0085",
    "\ud800": "the term holds the control character U+D800",
    "caf\ufffd": "the term is not UTF-8: it holds U+FFFD, the sign for undecodable bytes",
    "x" * 201: "the term has 201 characters; at most 200 are allowed",
    "x" * 10_240: "the term has 10,240 characters; at most 200 are allowed",
}


@pytest.mark.parametrize("term", VALID)
def test_a_valid_term_is_unchanged(term: str) -> None:
    assert check_term(term) == term


@pytest.mark.parametrize("term", [" ada ", "ada   ", "\u00a0ada", "\u3000ada\u2003"])
def test_white_space_around_a_term_is_stripped(term: str) -> None:
    assert check_term(term) == "ada"


def test_white_space_inside_a_term_is_kept() -> None:
    assert check_term("ada  lovelace") == "ada  lovelace"


@pytest.mark.parametrize(("term", "detail"), INVALID.items(), ids=range(len(INVALID)))
def test_an_invalid_term_is_rejected_with_the_reason(term: str, detail: str) -> None:
    with pytest.raises(BadTerm) as raised:
        check_term(term)
    assert raised.value.detail == detail


@pytest.mark.parametrize("term", [*VALID, " ada ", *(t for t in INVALID if t != "\ud800")])
def test_the_openapi_pattern_and_length_accept_the_same_terms(term: str) -> None:
    """A client that follows OpenAPI is neither rejected nor overly restricted."""
    documented = re.search(TERM_PATTERN, term) is not None and 1 <= len(term) <= MAX_TERM
    assert documented is (term not in INVALID)


def test_the_schema_of_a_term_has_its_length_and_pattern() -> None:
    schema = TERM.json_schema()
    shown = {name: schema[name] for name in ("type", "minLength", "maxLength", "pattern")}
    assert shown == {
        "type": "string",
        "minLength": 1,
        "maxLength": MAX_TERM,
        "pattern": TERM_PATTERN,
    }


@pytest.mark.parametrize("start", ["", " ", *VALID])
def test_a_prefix_may_be_empty(start: str) -> None:
    assert check_start(start) == start.strip()


@pytest.mark.parametrize(
    ("start", "detail"), [(t, d) for t, d in INVALID.items() if t.strip()], ids=range(9)
)
def test_an_invalid_prefix_is_rejected_like_a_term(start: str, detail: str) -> None:
    with pytest.raises(BadTerm) as caught:
        check_start(start)
    assert detail == caught.value.detail


@pytest.mark.parametrize("start", ["", " ", *VALID, *(t for t in INVALID if t != "\ud800")])
def test_the_openapi_pattern_and_length_accept_the_same_prefixes(start: str) -> None:
    documented = re.search(START_PATTERN, start) is not None and len(start) <= MAX_TERM
    assert documented is (start not in INVALID or not start.strip())


def test_the_term_type_validates() -> None:
    assert TERM.validate_python(" ada ") == "ada"
    with pytest.raises(BadTerm, match="the term is empty"):
        TERM.validate_python(" ")


def test_the_body_limit_fits_the_most_and_longest_terms() -> None:
    body = '{"terms":["' + '","'.join(["🦆" * MAX_TERM] * MAX_TERMS) + '"]}'
    assert len(body.encode()) <= MAX_BODY_BYTES
