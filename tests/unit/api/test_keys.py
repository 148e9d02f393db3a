import hmac
import inspect
import os
from hashlib import sha256
from pathlib import Path

import pytest

from app.api.keys import Keys
from app.core.errors import ConfigError


def line(name: str, key: str) -> str:
    """The line of a key, as `printf KEY | sha256sum` gives its hash."""
    return f"{name}:{sha256(key.encode()).hexdigest()}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with the keys of two names."""
    made = tmp_path / "keys"
    made.write_text(f"# of 2026\n\n{line('ann', 'key-a')}{line('bob', 'key-b')}", "utf-8")
    return made


@pytest.mark.parametrize(
    ("key", "owner"),
    [("key-a", "ann"), ("key-b", "bob"), ("key-c", None), ("", None), ("KEY-A", None), ("ä", None)],
)
def test_a_key_has_the_name_of_its_line(file: Path, key: str, owner: str | None) -> None:
    assert Keys(file).owner(key) == owner


def test_a_hash_is_no_key(file: Path) -> None:
    assert Keys(file).owner(sha256(b"key-a").hexdigest()) is None


def test_a_hash_is_read_in_either_case_and_a_comment_may_follow(file: Path) -> None:
    file.write_text(f"ann:{sha256(b'x').hexdigest().upper()}  # since May\n", "utf-8")
    assert Keys(file).owner("x") == "ann"


def test_a_name_can_have_several_keys(file: Path) -> None:
    with file.open("a") as opened:
        opened.write(line("ann", "newer"))
    keys = Keys(file)
    assert [keys.owner(key) for key in ("key-a", "newer")] == ["ann", "ann"]


def test_an_empty_file_has_no_valid_key(file: Path) -> None:
    file.write_text("", "utf-8")
    assert Keys(file).owner("key-a") is None


def test_a_changed_file_is_read_again(file: Path) -> None:
    keys = Keys(file)
    file.write_text(line("carol", "key-c"), "utf-8")
    assert [keys.owner(key) for key in ("key-a", "key-c")] == [None, "carol"]


def test_a_file_of_the_same_size_that_was_replaced_is_read_again(file: Path) -> None:
    """Kubernetes replaces the files of a Secret through a link."""
    folders = [file.parent / name for name in ("old", "new")]
    for folder, key in zip(folders, ("key-a", "key-z"), strict=True):
        folder.mkdir()
        (folder / "keys").write_text(line("ann", key), "utf-8")
        os.utime(folder / "keys", ns=(0, 0))
    link = file.parent / "mounted"
    link.symlink_to(folders[0])
    keys = Keys(link / "keys")
    assert keys.owner("key-a") == "ann"
    other = file.parent / "other"
    other.symlink_to(folders[1])
    other.rename(link)
    assert [keys.owner(key) for key in ("key-a", "key-z")] == [None, "ann"]


@pytest.mark.parametrize("text", ["ann", "ann:key-a", f"ann smith:{'0' * 64}", "\x00"])
def test_an_invalid_file_is_an_error_that_does_not_show_the_line(file: Path, text: str) -> None:
    file.write_text(f"{line('ann', 'key-a')}{text}\n", "utf-8")
    with pytest.raises(ConfigError) as raised:
        Keys(file)
    assert str(raised.value) == "api.keys_file: line 2 is not NAME:SHA256"


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="FileNotFoundError"):
        Keys(tmp_path / "keys")


@pytest.mark.parametrize("change", [Path.unlink, lambda file: file.write_bytes(b"ann:key-a\xff")])
def test_keys_stay_valid_while_the_file_is_missing_or_invalid(
    file: Path, caplog: pytest.LogCaptureFixture, change: object
) -> None:
    keys, before = Keys(file), file.read_text("utf-8")
    assert callable(change)
    change(file)
    assert [keys.owner("key-a") for _ in range(3)] == ["ann"] * 3
    assert len(caplog.records) == 1, "it is logged once"
    assert "key-a" not in caplog.text
    file.write_text(before.replace("ann", "anna"), "utf-8")
    assert keys.owner("key-a") == "anna"


def test_keys_are_compared_in_constant_time_unless_told_otherwise() -> None:
    assert inspect.signature(Keys).parameters["equal"].default is hmac.compare_digest


@pytest.mark.parametrize("key", ["key-a", "key-b", "none"])
def test_every_key_is_compared_in_constant_time_whichever_was_sent(file: Path, key: str) -> None:
    compared: list[tuple[int, int]] = []

    def equal(one: bytes, other: bytes) -> bool:
        compared.append((len(one), len(other)))
        return hmac.compare_digest(one, other)

    Keys(file, equal).owner(key)
    assert compared == [(32, 32)] * 2
