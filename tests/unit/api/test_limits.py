import re

import pytest
from pydantic import TypeAdapter

from app.api.limits import (
    MAX_BODY_BYTES,
    MAX_TERM,
    MAX_TERMS,
    START_PATTERN,
    TERM_PATTERN,
    Admission,
    Term,
    check_start,
    check_term,
)
from app.core.errors import BadTerm, Overloaded

TERM: TypeAdapter[str] = TypeAdapter(Term)
TAKEN = [
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
REFUSED = {
    "": "the term is empty; give a word or a title to look for",
    "   ": "the term is empty; give a word or a title to look for",
    "\u00a0\u3000": "the term is empty; give a word or a title to look for",
    "ada\0": "the term holds the control character U+0000",
    "a\nb": "the term holds the control character U+000A",
    "\tada": "the term holds the control character U+0009",
    "\x7f": "the term holds the control character U+007F",
    "ada\x85": "the term holds the control character U+0085",
    "\ud800": "the term holds the control character U+D800",
    "x" * 201: "the term has 201 characters; at most 200 are allowed",
    "x" * 10_240: "the term has 10,240 characters; at most 200 are allowed",
}


@pytest.mark.parametrize("term", TAKEN)
def test_a_term_is_taken_as_it_is(term: str) -> None:
    """Any script, any sign, and markup that means nothing to us."""
    assert check_term(term) == term


@pytest.mark.parametrize("term", [" ada ", "ada   ", "\u00a0ada", "\u3000ada\u2003"])
def test_white_space_around_a_term_is_taken_off(term: str) -> None:
    """Whatever kind of space it is."""
    assert check_term(term) == "ada"


def test_white_space_inside_a_term_is_kept() -> None:
    """It may be part of a title."""
    assert check_term("ada  lovelace") == "ada  lovelace"


@pytest.mark.parametrize(("term", "detail"), REFUSED.items(), ids=range(len(REFUSED)))
def test_a_term_that_cannot_be_searched_for_is_refused(term: str, detail: str) -> None:
    """The error says what is wrong with it."""
    with pytest.raises(BadTerm) as raised:
        check_term(term)
    assert raised.value.detail == detail


@pytest.mark.parametrize("term", [*TAKEN, " ada ", *(t for t in REFUSED if t != "\ud800")])
def test_the_documented_pattern_and_length_take_the_same_terms(term: str) -> None:
    """Who goes by OpenAPI is neither refused nor held back."""
    documented = re.search(TERM_PATTERN, term) is not None and 1 <= len(term) <= MAX_TERM
    assert documented is (term not in REFUSED)


def test_the_schema_of_a_term_says_what_is_taken() -> None:
    """Its length and its pattern are those that are checked."""
    schema = TERM.json_schema()
    shown = {name: schema[name] for name in ("type", "minLength", "maxLength", "pattern")}
    assert shown == {
        "type": "string",
        "minLength": 1,
        "maxLength": MAX_TERM,
        "pattern": TERM_PATTERN,
    }


@pytest.mark.parametrize("start", ["", " ", *TAKEN])
def test_a_beginning_may_be_empty(start: str) -> None:
    """Nothing has been typed yet."""
    assert check_start(start) == start.strip()


@pytest.mark.parametrize(
    ("start", "detail"), [(t, d) for t, d in REFUSED.items() if t.strip()], ids=range(8)
)
def test_a_beginning_is_refused_as_a_term_is(start: str, detail: str) -> None:
    """But for being empty."""
    with pytest.raises(BadTerm) as caught:
        check_start(start)
    assert detail == caught.value.detail


@pytest.mark.parametrize("start", ["", " ", *TAKEN, *(t for t in REFUSED if t != "\ud800")])
def test_the_documented_pattern_and_length_take_the_same_beginnings(start: str) -> None:
    """What a generated client lets pass, the server takes."""
    documented = re.search(START_PATTERN, start) is not None and len(start) <= MAX_TERM
    assert documented is (start not in REFUSED or not start.strip())


def test_a_term_in_a_request_is_checked() -> None:
    """It comes out trimmed, or it is refused."""
    assert TERM.validate_python(" ada ") == "ada"
    with pytest.raises(BadTerm, match="the term is empty"):
        TERM.validate_python(" ")


def test_a_body_of_the_most_and_longest_terms_fits() -> None:
    """In four bytes a character, with the brackets and commas around them."""
    body = '{"terms":["' + '","'.join(["🦆" * MAX_TERM] * MAX_TERMS) + '"]}'
    assert len(body.encode()) <= MAX_BODY_BYTES


def test_as_many_are_let_in_as_there_is_room_for() -> None:
    """The next is refused, and told when to come back."""
    admission = Admission(2)
    with admission.one(), admission.one():
        with pytest.raises(Overloaded) as raised, admission.one():
            pass
        assert raised.value.retry_after_s == 1
        assert raised.value.detail == "2 requests are in progress already; try again soon"


def test_who_leaves_makes_room() -> None:
    """One place becomes free at a time."""
    admission = Admission(1)
    for _ in range(3):
        with admission.one():
            pass


def test_who_leaves_with_an_error_makes_room() -> None:
    """A failed request does not hold its place."""
    admission = Admission(1)
    with pytest.raises(ValueError, match="no"), admission.one():
        raise ValueError("no")
    with admission.one():
        pass


def test_who_was_refused_frees_no_place() -> None:
    """It never had one."""
    admission = Admission(1)
    with admission.one():
        for _ in range(2):
            with pytest.raises(Overloaded), admission.one():
                pass
