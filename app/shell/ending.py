"""How a command ends where it goes wrong: with a sentence."""

import errno
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from io import TextIOWrapper

from app.errors import ConfigError, ModelError, ShellError
from app.local import StartError


def end_well(run: Callable[[], object]) -> None:
    """Run a command; what goes wrong is one sentence on stderr and exit code 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # not every terminal has all signs
    try:
        run()
    except (ConfigError, ModelError, ShellError, StartError) as error:
        _fail(str(error))
    except KeyboardInterrupt:  # outside of a command, where typer sees to it
        sys.exit(128 + signal.SIGINT)
    except Exception as error:  # noqa: BLE001 - nobody at a terminal is helped by a traceback
        if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
            _fail(f"stdout cannot be written: {error.strerror}")
        _fail(f"a fault of ours: {type(error).__name__}: {error}\nits details are in {_details()}")


def _details() -> str:
    """A file with the traceback of what is being handled."""
    with tempfile.NamedTemporaryFile(
        "w", prefix="wiki-digest-", suffix=".log", delete=False, encoding="utf-8"
    ) as file:
        traceback.print_exc(file=file)
    return file.name


def _fail(message: str) -> None:
    for line in message.splitlines():
        print(f"wiki-digest: {line}", file=sys.stderr)  # noqa: T201 - this is the terminal
    sys.exit(1)
