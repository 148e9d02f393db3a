from pathlib import Path
from typing import Any

import pytest

from app.api.schemas import Item, Problem
from app.core.errors import ShellError
from app.core.values import Digest, Missing, combine
from app.shell.results import line, resume, writing
from tests.support.fakes import ENTITIES, NEGATIVE_TONE, SUMMARY, TONE, article

WHOLE = {"tone": TONE, "summary": SUMMARY, "entities": ENTITIES}


def digest(**parts: Any) -> Digest:
    """A digest of these parts."""
    return combine(article(), term="ada", ms={}, **parts)


def item(term: str, made: Digest | None = None, status: int = 0) -> Item:
    """An item with that digest, or with a problem of that status."""
    problem = Problem(type="about:blank", title="x", status=status, detail="x") if status else None
    return Item(term=term, digest=made, problem=problem)


FINAL = [
    item("whole", digest(**WHOLE)),
    item("rejected", digest(tone=NEGATIVE_TONE)),
    item("nothing", status=404),
    item("bad", status=422),
]
AGAIN = [
    item("degraded", digest(tone=TONE, missing=(Missing(stage="entities", reason="x"),))),
    item("late", status=504),
    item("full", status=503),
    item("neither"),
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where results are written."""
    return tmp_path / "results.jsonl"


def write(file: Path, *items: Item) -> None:
    """Write these, as a batch does."""
    with writing(file) as note:
        for one in items:
            note(one)


@pytest.mark.parametrize("one", [*FINAL, *AGAIN], ids=lambda one: one.term)
def test_a_line_is_the_item_again(one: Item) -> None:
    """What is empty is left out, and nothing else."""
    assert Item.model_validate_json(line(one)) == one
    assert line(one).count("\n") == 1
    assert "null" not in line(one)


def test_each_item_is_there_at_once(file: Path) -> None:
    """However the process ends."""
    with writing(file) as note:
        note(FINAL[0])
        assert file.read_text("utf-8") == line(FINAL[0])


def test_what_is_final_is_not_asked_again(file: Path) -> None:
    """A digest, a rejection, and a fault of the term's own."""
    write(file, *FINAL, *AGAIN)
    assert resume(file) == {one.term for one in FINAL}


def test_what_is_not_final_is_taken_out(file: Path) -> None:
    """Each term has one line in the end."""
    write(file, AGAIN[0], *FINAL, FINAL[0], AGAIN[1])
    resume(file)
    assert file.read_text("utf-8") == "".join(map(line, FINAL))
    assert list(file.parent.iterdir()) == [file]


def test_a_line_that_breaks_off_at_the_end_is_taken_out(file: Path) -> None:
    """The process was killed while it wrote."""
    file.write_text(line(FINAL[0]) + line(FINAL[1])[:20], "utf-8")
    assert resume(file) == {FINAL[0].term}
    write(file, FINAL[2])
    assert resume(file) == {FINAL[0].term, FINAL[2].term}


def test_a_whole_line_without_its_end_is_asked_again(file: Path) -> None:
    """A further line would be joined to it."""
    file.write_text(line(FINAL[0]) + line(FINAL[1]).rstrip(), "utf-8")
    assert resume(file) == {FINAL[0].term}
    assert file.read_text("utf-8") == line(FINAL[0])


def test_a_file_with_nothing_to_take_out_is_left_alone(file: Path) -> None:
    """It may be large."""
    write(file, *FINAL)
    expected = file.stat().st_ino
    resume(file)
    assert file.stat().st_ino == expected


def test_a_file_keeps_its_mode_and_the_links_to_it(file: Path) -> None:
    """Only its lines change."""
    write(file, *AGAIN, *FINAL)
    file.chmod(0o640)
    link = file.with_name("link")
    link.symlink_to(file)
    resume(link)
    assert link.is_symlink()
    assert file.stat().st_mode & 0o777 == 0o640
    assert file.read_text("utf-8") == "".join(map(line, FINAL))


def test_a_file_that_cannot_be_taken_up_is_said_to_be_so(file: Path) -> None:
    """And is whole: the one that would take its place was not begun."""
    write(file, *AGAIN)
    file.with_name(f"{file.name}.tmp").mkdir()
    with pytest.raises(ShellError, match="cannot be taken up: Is a directory"):
        resume(file)
    assert file.read_text("utf-8") == "".join(map(line, AGAIN))


@pytest.mark.parametrize("text", ["hello", "ada lovelace\nkyoto", '{"name": 1}', "\x00"])
def test_a_file_of_something_else_is_left_alone_though_its_last_line_has_no_end(
    file: Path, text: str
) -> None:
    """Not every line that breaks off is one of ours."""
    file.write_text(text, "utf-8")
    with pytest.raises(ShellError, match="is not a result of ours"):
        resume(file)
    assert file.read_text("utf-8") == text


def test_two_batches_do_not_write_one_file(file: Path) -> None:
    """One would take out what the other has put in."""
    write(file, *AGAIN)
    with writing(file) as note:
        note(FINAL[0])
        with pytest.raises(ShellError, match="is being written by another batch"):
            resume(file)
        with pytest.raises(ShellError, match="is being written by another batch"):
            write(file, FINAL[1])
    assert resume(file) == {FINAL[0].term}


@pytest.mark.parametrize("text", ["hello\n", '{"term": 1}\n', "{}\n", "\n", "\x00\xff\n"])
def test_a_file_of_something_else_is_refused_and_left_alone(file: Path, text: str) -> None:
    """It may be somebody's work."""
    expected = line(FINAL[0]) + text
    file.write_text(expected, "utf-8")
    with pytest.raises(ShellError, match=r"line 2 is not a result of ours"):
        resume(file)
    assert file.read_text("utf-8") == expected
    assert list(file.parent.iterdir()) == [file]


def test_there_is_nothing_in_a_file_that_is_not_there(file: Path) -> None:
    """Nor in a device."""
    assert resume(file) == set()
    assert resume(Path("/dev/full")) == set()


@pytest.mark.parametrize("path", ["/dev/full", "/nowhere/results.jsonl", "/"])
def test_a_file_that_cannot_be_written_is_said_to_be_so(path: str) -> None:
    """By its name, and why."""
    with pytest.raises(ShellError, match=f"^{path} cannot be written: [A-Z]"):
        write(Path(path), *FINAL)
