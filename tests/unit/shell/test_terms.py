import asyncio
import io
import os
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from app.errors import BadTerm, ShellError
from app.limits import MAX_TERM, check_term
from app.shell.asking import shown
from app.shell.terms import LONGEST_LINE, Size, fed, read, size, terms_in
from tests.support.fakes import soon


def terms(text: bytes) -> list[str]:
    """The terms in a file of this text."""
    return list(terms_in(io.BytesIO(text)))


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


def test_a_file_is_counted_before_it_is_asked(tmp_path: Path) -> None:
    """What is in it, and what is still to be done."""
    file = tmp_path / "terms.txt"
    file.write_bytes(b"ada\nkyoto\n\nada\nM\xfcnchen\n")
    assert size(str(file), {"kyoto", "M\\udcfcnchen", "cern"}) == Size(all=3, left=1)
    assert size("-", set()) is None


def test_what_can_be_read_only_once_is_not_counted(tmp_path: Path) -> None:
    """It would be gone."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert size(str(pipe), set()) is None


@pytest.mark.parametrize("name", ["/nowhere", "/"])
def test_a_file_that_cannot_be_read_is_a_sentence(name: str) -> None:
    """With its name."""
    with pytest.raises(ShellError, match=f"^{name}: [A-Z]"):
        list(read(name))


async def test_terms_come_in_their_order() -> None:
    """Through a thread."""
    expected = [str(n) for n in range(1_000)]
    assert expected == [term async for term in fed(iter(expected))]


async def test_terms_come_before_the_last_is_there() -> None:
    """Whoever writes them may take his time."""
    ours, its = os.pipe()
    with os.fdopen(ours, "rb") as reading, os.fdopen(its, "wb", buffering=0) as writing:
        async with aclosing(fed(terms_in(reading))) as coming:
            writing.write(b"ada\n")
            assert await soon(anext(coming)) == "ada"
            writing.write(b"kyoto\n")
            assert await soon(anext(coming)) == "kyoto"
            writing.close()
            assert await soon(anext(coming, None)) is None


async def test_few_terms_are_read_ahead() -> None:
    """Or all of them would be in memory soon."""
    taken = 0

    def endless() -> Iterator[str]:
        nonlocal taken
        while True:
            taken += 1
            yield str(taken)

    async with aclosing(fed(endless(), ahead=3)) as coming:
        for _ in range(10):
            await soon(anext(coming))
            await asyncio.sleep(0)
        assert taken <= 10 + 3 + 1


async def test_what_goes_wrong_with_reading_is_raised_where_terms_are_awaited() -> None:
    """After those before it."""

    def breaking() -> Iterator[str]:
        yield "ada"
        raise ShellError("the disk is gone")

    async with aclosing(fed(breaking())) as coming:
        assert await soon(anext(coming)) == "ada"
        with pytest.raises(ShellError, match="gone"):
            await soon(anext(coming))
