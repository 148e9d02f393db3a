from pathlib import Path
from typing import Any

import pytest

from app.api.schemas import Item, Problem
from app.core.errors import ShellError
from app.core.values import Digest, Missing, combine
from app.shell.results import line, resume, writing
from tests.support.fakes import ENTITIES, NEGATIVE_TONE, SUMMARY, TONE, UNREAD, UNREAD_TONE, article

COMPLETE = {"tone": TONE, "summary": SUMMARY, "entities": ENTITIES}


def digest(**parts: Any) -> Digest:
    return combine(article(), term="ada", ms={}, **parts)


def item(term: str, found: Digest | None = None, status: int = 0) -> Item:
    """An item with that digest, or with a problem of that status; neither by default."""
    problem = Problem(type="about:blank", title="x", status=status, detail="x") if status else None
    return Item(term=term, digest=found, problem=problem)


FINAL = [
    item("complete", digest(**COMPLETE)),
    item("rejected", digest(tone=NEGATIVE_TONE)),
    item("nothing", status=404),
    item("bad", status=422),
]
NOT_FINAL = [
    item("degraded", digest(tone=TONE, missing=(Missing(stage="entities", reason="x"),))),
    item("late", status=504),
    item("full", status=503),
    item("neither"),
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "results.jsonl"


def write(file: Path, *items: Item) -> None:
    with writing(file) as write_item:
        for one in items:
            write_item(one)


@pytest.mark.parametrize("one", [*FINAL, *NOT_FINAL], ids=lambda one: one.term)
def test_a_line_is_the_item_without_empty_fields(one: Item) -> None:
    assert Item.model_validate_json(line(one)) == one
    assert line(one).count("\n") == 1
    assert "null" not in line(one)


def test_each_item_is_flushed(file: Path) -> None:
    with writing(file) as write_item:
        write_item(FINAL[0])
        assert file.read_text("utf-8") == line(FINAL[0])


def test_an_item_that_a_stage_declined_is_done(file: Path) -> None:
    """A retry would decline it again."""
    missing = (Missing(stage="entities", reason=UNREAD, declined=True),)
    write(file, item("kyoto", digest(tone=UNREAD_TONE, summary=SUMMARY, missing=missing)))
    assert resume(file) == {"kyoto"}


def test_final_items_are_done(file: Path) -> None:
    write(file, *FINAL, *NOT_FINAL)
    assert resume(file) == {one.term for one in FINAL}


def test_lines_that_are_not_final_or_repeated_are_removed(file: Path) -> None:
    write(file, NOT_FINAL[0], *FINAL, FINAL[0], NOT_FINAL[1])
    resume(file)
    assert file.read_text("utf-8") == "".join(map(line, FINAL))
    assert list(file.parent.iterdir()) == [file]


def test_a_truncated_last_line_is_removed(file: Path) -> None:
    file.write_text(line(FINAL[0]) + line(FINAL[1])[:20], "utf-8")
    assert resume(file) == {FINAL[0].term}
    write(file, FINAL[2])
    assert resume(file) == {FINAL[0].term, FINAL[2].term}


def test_a_last_line_without_a_newline_is_removed(file: Path) -> None:
    file.write_text(line(FINAL[0]) + line(FINAL[1]).rstrip(), "utf-8")
    assert resume(file) == {FINAL[0].term}
    assert file.read_text("utf-8") == line(FINAL[0])


def test_a_file_with_nothing_to_remove_is_not_rewritten(file: Path) -> None:
    write(file, *FINAL)
    expected = file.stat().st_ino
    resume(file)
    assert file.stat().st_ino == expected


def test_a_rewritten_file_keeps_its_mode_and_its_symbolic_links(file: Path) -> None:
    write(file, *NOT_FINAL, *FINAL)
    file.chmod(0o640)
    link = file.with_name("link")
    link.symlink_to(file)
    resume(link)
    assert link.is_symlink()
    assert file.stat().st_mode & 0o777 == 0o640
    assert file.read_text("utf-8") == "".join(map(line, FINAL))


def test_a_file_that_cannot_be_resumed_is_an_error_and_unchanged(file: Path) -> None:
    write(file, *NOT_FINAL)
    file.with_name(f"{file.name}.tmp").mkdir()
    with pytest.raises(ShellError, match="cannot be resumed: Is a directory"):
        resume(file)
    assert file.read_text("utf-8") == "".join(map(line, NOT_FINAL))


@pytest.mark.parametrize("text", ["hello", "ada lovelace\nkyoto", '{"name": 1}', "\x00"])
def test_a_truncated_line_of_other_data_is_an_error_and_unchanged(file: Path, text: str) -> None:
    file.write_text(text, "utf-8")
    with pytest.raises(ShellError, match="is not a result of wiki-digest"):
        resume(file)
    assert file.read_text("utf-8") == text


def test_a_file_that_another_batch_writes_is_locked(file: Path) -> None:
    write(file, *NOT_FINAL)
    with writing(file) as write_item:
        write_item(FINAL[0])
        with pytest.raises(ShellError, match="is being written by another batch"):
            resume(file)
        with pytest.raises(ShellError, match="is being written by another batch"):
            write(file, FINAL[1])
    assert resume(file) == {FINAL[0].term}


@pytest.mark.parametrize("text", ["hello\n", '{"term": 1}\n', "{}\n", "\n", "\x00\xff\n"])
def test_other_data_is_an_error_and_unchanged(file: Path, text: str) -> None:
    expected = line(FINAL[0]) + text
    file.write_text(expected, "utf-8")
    with pytest.raises(ShellError, match=r"line 2 is not a result of wiki-digest"):
        resume(file)
    assert file.read_text("utf-8") == expected
    assert list(file.parent.iterdir()) == [file]


def test_a_missing_file_or_a_device_has_no_terms(file: Path) -> None:
    assert resume(file) == set()
    assert resume(Path("/dev/full")) == set()


@pytest.mark.parametrize("path", ["/dev/full", "/nowhere/results.jsonl", "/"])
def test_a_file_that_cannot_be_written_is_an_error_with_its_reason(path: str) -> None:
    with pytest.raises(ShellError, match=f"^{path} cannot be written: [A-Z]"):
        write(Path(path), *FINAL)
