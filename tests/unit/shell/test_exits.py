import errno
import re
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from app.core.errors import ConfigError, ModelError, ShellError, StartError
from app.shell.exits import exit_with_message


def raising(error: BaseException) -> Callable[[], None]:
    def run() -> None:
        raise error

    return run


def exit_of(capsys: pytest.CaptureFixture[str], run: Callable[[], object]) -> tuple[object, str]:
    """The exit code and stderr."""
    with pytest.raises(SystemExit) as caught:
        exit_with_message(run)
    return caught.value.code, capsys.readouterr().err


@pytest.mark.parametrize("kind", [ConfigError, ModelError, ShellError, StartError])
def test_a_startup_error_is_one_prefixed_line_for_each_of_its_lines(
    kind: type[Exception], capsys: pytest.CaptureFixture[str]
) -> None:
    expected = "wiki-digest: a: unknown\nwiki-digest: b: unknown\n"
    assert exit_of(capsys, raising(kind("a: unknown\nb: unknown"))) == (1, expected)


def test_an_internal_error_names_the_file_with_its_traceback(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, stderr = exit_of(capsys, raising(ValueError("no")))
    found = re.search(r"the traceback is in (\S+)", stderr)
    assert code == 1
    assert "internal error (please report): ValueError: no" in stderr
    assert found
    file = Path(found[1])
    assert "Traceback" in file.read_text("utf-8")
    file.unlink()


def test_a_full_disk_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    error = OSError(errno.ENOSPC, "No space left on device")
    assert exit_of(capsys, raising(error))[1] == (
        "wiki-digest: stdout cannot be written: No space left on device\n"
    )


def test_ctrl_c_outside_a_command_has_the_exit_code_of_its_signal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert exit_of(capsys, raising(KeyboardInterrupt())) == (130, "")


def test_a_warning_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    def run() -> None:
        warnings.simplefilter("always")
        warnings.warn("size is deprecated: use max_batch_size", FutureWarning, stacklevel=1)

    exit_with_message(run)
    expected = "wiki-digest: warning: size is deprecated: use max_batch_size\n"
    assert capsys.readouterr().err == expected
