import io
from pathlib import Path

import pytest

from app.api.limits import MAX_TERM, check_term
from app.core.errors import BadTerm, ShellError
from app.shell.ask_client import shown
from app.shell.terms import LONGEST_LINE, read, terms_in


def terms(text: bytes) -> list[str]:
    """The terms in a file of this text."""
    return terms_in(io.BytesIO(text))


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    """By its name."""
    file = tmp_path / "terms.txt"
    file.write_bytes(b"ada\nkyoto\n")
    assert read(str(file)) == ["ada", "kyoto"]


def test_terms_are_lines() -> None:
    """Without the space around them; empty lines and repetitions are none."""
    assert terms(b"ada\r\n  kyoto \n\n\t\nada\nM\xc3\xbcnchen") == ["ada", "kyoto", "München"]


def test_a_mark_of_byte_order_is_no_part_of_a_term() -> None:
    """Some editors write it."""
    assert terms(b"\xef\xbb\xbfada\nkyoto\n") == ["ada", "kyoto"]


def test_what_is_not_utf8_is_told_apart() -> None:
    """From each other, and from what can be asked for; the terms around it are as they are."""
    first, *others, last = terms(b"ada\nM\xfcnchen\nM\xfdnchen\nkyoto\n")
    assert (first, last) == ("ada", "kyoto")
    assert [shown(term) for term in others] == ["M\\udcfcnchen", "M\\udcfdnchen"]


def test_of_a_line_that_is_too_long_only_the_beginning_is_kept() -> None:
    """It is refused as a term, and the next line is one."""
    long, next_one = terms(b"x" * 10 * LONGEST_LINE + b"\nada\n")
    assert MAX_TERM < len(long) <= LONGEST_LINE
    with pytest.raises(BadTerm):
        check_term(long)
    assert next_one == "ada"


@pytest.mark.parametrize("less", range(-2, 3))
def test_a_line_about_as_long_as_is_read_is_one_line(less: int) -> None:
    """Where the cut is makes no difference."""
    line = b"x" * (LONGEST_LINE - less)
    assert terms(line) == [line[:LONGEST_LINE].decode()]
    assert terms(line + b"\nada")[1:] == ["ada"]


@pytest.mark.parametrize("name", ["/nowhere", "/"])
def test_a_file_that_cannot_be_read_is_a_sentence(name: str) -> None:
    """With its name."""
    with pytest.raises(ShellError, match=f"^{name}: [A-Z]"):
        read(name)
