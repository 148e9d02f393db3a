import codecs
import io
from pathlib import Path

import pytest

from app.api.limits import MAX_TERM, check_term
from app.core.errors import BadTerm, ShellError
from app.shell.ask_client import escaped
from app.shell.terms import LONGEST_LINE, read, terms_in


def terms(text: bytes) -> list[str]:
    return terms_in(io.BytesIO(text))


def test_a_file_is_read_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "terms.txt"
    file.write_bytes(b"ada\nkyoto\n")
    assert read(str(file)) == ["ada", "kyoto"]


def test_terms_are_distinct_lines_without_surrounding_space() -> None:
    assert terms(b"ada\r\n  kyoto \n\n\t\nada\nM\xc3\xbcnchen") == ["ada", "kyoto", "München"]


def test_a_byte_order_mark_is_removed() -> None:
    assert terms(b"\xef\xbb\xbfada\nkyoto\n") == ["ada", "kyoto"]


@pytest.mark.parametrize(
    ("encoding", "mark"), [("utf-16-le", codecs.BOM_UTF16_LE), ("utf-16-be", codecs.BOM_UTF16_BE)]
)
def test_a_file_in_utf16_with_a_byte_order_mark_is_read(encoding: str, mark: bytes) -> None:
    wanted = ["M\u00fcnchen", "\u4eac\u90fd", "\U0001f986", *map(str, range(2 * LONGEST_LINE))]
    assert terms(mark + "\r\n".join(wanted).encode(encoding)) == wanted


def test_an_incomplete_character_of_utf16_is_replaced() -> None:
    assert terms(codecs.BOM_UTF16_LE + "ada\nb".encode("utf-16-le")[:-1]) == ["ada", "\ufffd"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "utf-32"])
@pytest.mark.parametrize("text", ["ada lovelace\nkyoto\n", "a", "é", "München\r\n東京"])
def test_a_file_in_utf16_without_a_mark_or_in_utf32_is_an_error_that_names_them(
    encoding: str, text: str, tmp_path: Path
) -> None:
    file = tmp_path / "terms.txt"
    file.write_text(text, encoding, newline="")
    with pytest.raises(ShellError) as raised:
        read(str(file))
    assert str(raised.value) == (
        f"{file} is not UTF-8, but UTF-16 without a byte order mark, or UTF-32: save it as UTF-8"
    )


def test_some_zeros_in_a_line_are_part_of_its_term() -> None:
    assert terms(b"a\0b\nada\n") == ["a\0b", "ada"]


def test_bytes_that_are_not_utf8_stay_distinct() -> None:
    first, *others, last = terms(b"ada\nM\xfcnchen\nM\xfdnchen\nkyoto\n")
    assert (first, last) == ("ada", "kyoto")
    assert [escaped(term) for term in others] == ["M\\udcfcnchen", "M\\udcfdnchen"]


def test_a_long_line_is_truncated_to_a_term_that_is_rejected() -> None:
    long, following = terms(b"x" * 10 * LONGEST_LINE + b"\nada\n")
    assert MAX_TERM < len(long) <= LONGEST_LINE
    with pytest.raises(BadTerm):
        check_term(long)
    assert following == "ada"


@pytest.mark.parametrize("less", range(-2, 3))
def test_a_line_near_the_length_limit_is_one_line(less: int) -> None:
    line = b"x" * (LONGEST_LINE - less)
    assert terms(line) == [line[:LONGEST_LINE].decode()]
    assert terms(line + b"\nada")[1:] == ["ada"]


@pytest.mark.parametrize("name", ["/nowhere", "/"])
def test_a_file_that_cannot_be_read_is_an_error_with_its_name(name: str) -> None:
    with pytest.raises(ShellError, match=f"^{name}: [A-Z]"):
        read(name)
