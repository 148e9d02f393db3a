"""How a command ends: exit codes, and one sentence on stderr for each error."""

import errno
import os
import signal
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from io import TextIOWrapper, UnsupportedOperation

from app.core.errors import StartupError


def exit_with_message(run: Callable[[], object]) -> None:
    """Run a command. An error is one sentence on stderr and exit code 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # some terminals cannot encode every character
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show
            run()
    except StartupError as error:
        _fail(str(error))
    except KeyboardInterrupt:  # outside a command; inside, typer handles it
        sys.exit(128 + signal.SIGINT)
    except Exception as error:  # noqa: BLE001 - a traceback does not help at a terminal
        if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
            _drop_stdout()
            _fail(f"stdout cannot be written: {error.strerror}")
        _fail(
            f"internal error (please report): {type(error).__name__}: {error}\n"
            f"the traceback is in {_traceback_file()}"
        )


def unwind_at_sigterm() -> None:
    """Let SIGTERM raise `SystemExit`, so that what is open is closed."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))


def _show(message: Warning | str, *_: object, **__: object) -> None:
    _print(f"warning: {message}")


def _traceback_file() -> str:
    """A new file with the traceback of the current exception."""
    with tempfile.NamedTemporaryFile(
        "w", prefix="wiki-digest-", suffix=".log", delete=False, encoding="utf-8"
    ) as file:
        traceback.print_exc(file=file)
    return file.name


def _drop_stdout() -> None:
    """Discard the buffer of stdout, or Python writes it again at exit and fails again."""
    with suppress(UnsupportedOperation):  # stdout is not a file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(message: str) -> None:
    for line in message.splitlines():
        _print(line)
    sys.exit(1)


def _print(line: str) -> None:
    print(f"wiki-digest: {line}", file=sys.stderr)  # noqa: T201 - this is the terminal
