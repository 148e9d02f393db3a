from pathlib import Path
from typing import Any

import pytest

from app.api.schemas import Item, Problem
from app.core.errors import ShellError
from app.core.values import Digest, Missing, combine
from app.shell.formats import FORMATS, Format
from app.shell.options import Choice
from app.shell.results import resume, writing
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


@pytest.fixture(params=FORMATS)
def form(request: pytest.FixtureRequest) -> Format:
    return FORMATS[request.param]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "results"


def write(file: Path, form: Format, *items: Item) -> None:
    with writing(file, form) as write_item:
        for one in items:
            write_item(one)


def text(form: Format, *items: Item) -> str:
    """The text of a file with these items."""
    return form.head.decode() + "".join(map(form.line, items))


def test_each_item_is_flushed(file: Path, form: Format) -> None:
    with writing(file, form) as write_item:
        write_item(FINAL[0])
        assert file.read_text("utf-8") == text(form, FINAL[0])


def test_an_item_that_a_stage_declined_is_done(file: Path, form: Format) -> None:
    """A retry would decline it again."""
    missing = (Missing(stage="entities", reason=UNREAD, declined=True),)
    write(file, form, item("kyoto", digest(tone=UNREAD_TONE, summary=SUMMARY, missing=missing)))
    assert resume(file, form) == {"kyoto"}


def test_final_items_are_done(file: Path, form: Format) -> None:
    write(file, form, *FINAL, *NOT_FINAL)
    assert resume(file, form) == {one.term for one in FINAL}


def test_lines_that_are_not_final_or_repeated_are_removed(file: Path, form: Format) -> None:
    write(file, form, NOT_FINAL[0], *FINAL, FINAL[0], NOT_FINAL[1])
    resume(file, form)
    assert file.read_text("utf-8") == text(form, *FINAL)
    assert list(file.parent.iterdir()) == [file]


def test_a_truncated_last_line_is_removed(file: Path, form: Format) -> None:
    file.write_text(text(form, FINAL[0]) + form.line(FINAL[1])[:20], "utf-8")
    assert resume(file, form) == {FINAL[0].term}
    write(file, form, FINAL[2])
    assert resume(file, form) == {FINAL[0].term, FINAL[2].term}


def test_a_last_line_without_a_newline_is_removed(file: Path, form: Format) -> None:
    file.write_text(text(form, FINAL[0]) + form.line(FINAL[1]).rstrip(), "utf-8")
    assert resume(file, form) == {FINAL[0].term}
    assert file.read_text("utf-8") == text(form, FINAL[0])


def test_a_file_with_nothing_to_remove_is_not_rewritten(file: Path, form: Format) -> None:
    write(file, form, *FINAL)
    expected = file.stat().st_ino
    resume(file, form)
    assert file.stat().st_ino == expected


def test_a_rewritten_file_keeps_its_mode_and_its_symbolic_links(file: Path, form: Format) -> None:
    write(file, form, *NOT_FINAL, *FINAL)
    file.chmod(0o640)
    link = file.with_name("link")
    link.symlink_to(file)
    resume(link, form)
    assert link.is_symlink()
    assert file.stat().st_mode & 0o777 == 0o640
    assert file.read_text("utf-8") == text(form, *FINAL)


def test_a_file_that_cannot_be_resumed_is_an_error_and_unchanged(file: Path, form: Format) -> None:
    write(file, form, *NOT_FINAL)
    file.with_name(f"{file.name}.tmp").mkdir()
    with pytest.raises(ShellError, match="cannot be resumed: Is a directory"):
        resume(file, form)
    assert file.read_text("utf-8") == text(form, *NOT_FINAL)


@pytest.mark.parametrize("other", ["hello", "ada lovelace\nkyoto", '{"name": 1}', "\x00"])
def test_a_truncated_line_of_other_data_is_an_error_and_unchanged(
    file: Path, form: Format, other: str
) -> None:
    file.write_text(other, "utf-8")
    with pytest.raises(ShellError, match="is not a result of wiki-digest"):
        resume(file, form)
    assert file.read_text("utf-8") == other


def test_a_file_that_another_batch_writes_is_locked(file: Path, form: Format) -> None:
    write(file, form, *NOT_FINAL)
    with writing(file, form) as write_item:
        write_item(FINAL[0])
        with pytest.raises(ShellError, match="is being written by another batch"):
            resume(file, form)
        with pytest.raises(ShellError, match="is being written by another batch"):
            write(file, form, FINAL[1])
    assert resume(file, form) == {FINAL[0].term}


@pytest.mark.parametrize("other", ["hello\n", '{"term": 1}\n', "{}\n", "\n", "\x00\xff\n"])
def test_other_data_is_an_error_and_unchanged(file: Path, form: Format, other: str) -> None:
    expected = text(form, FINAL[0]) + other
    file.write_text(expected, "utf-8")
    with pytest.raises(ShellError, match=r"line [23] is not a result of wiki-digest"):
        resume(file, form)
    assert file.read_text("utf-8") == expected
    assert list(file.parent.iterdir()) == [file]


def test_a_missing_file_or_a_device_has_no_terms(file: Path, form: Format) -> None:
    assert resume(file, form) == set()
    assert resume(Path("/dev/full"), form) == set()


@pytest.mark.parametrize("path", ["/dev/full", "/nowhere/results.jsonl", "/"])
def test_a_file_that_cannot_be_written_is_an_error_with_its_reason(form: Format, path: str) -> None:
    with pytest.raises(ShellError, match=f"^{path} cannot be written: [A-Z]"):
        write(Path(path), form, *FINAL)


@pytest.mark.parametrize(
    ("written", "read"), [(Choice.CSV, Choice.JSONL), (Choice.JSONL, Choice.CSV)]
)
def test_a_file_in_another_format_is_an_error_and_unchanged(
    file: Path, written: Choice, read: Choice
) -> None:
    write(file, FORMATS[written], *FINAL)
    expected = file.read_bytes()
    with pytest.raises(ShellError, match="line 1 is not a result of wiki-digest in this format"):
        resume(file, FORMATS[read])
    assert file.read_bytes() == expected


@pytest.mark.parametrize("length", [0, 1, 20])
def test_a_truncated_head_is_written_again(file: Path, length: int) -> None:
    form = FORMATS[Choice.CSV]
    file.write_bytes(form.head[:length])
    assert resume(file, form) == set()
    write(file, form, FINAL[0])
    assert file.read_text("utf-8") == text(form, FINAL[0])


def test_the_head_is_written_once(file: Path) -> None:
    form = FORMATS[Choice.CSV]
    for one in FINAL:
        write(file, form, one)
    assert file.read_text("utf-8") == text(form, *FINAL)
