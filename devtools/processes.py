"""Programs that run beside a test or a server, and end with it."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def ended_by(
    number: signal.Signals,
    command: Sequence[str],
    within_s: float,
    at: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """A program in a group of processes of its own, which gets a signal at the end.

    Its stdout is a pipe. `at` is its folder, by default this one; so is `environment`.

    Raises:
        TimeoutExpired: it has not ended `within_s` seconds later; then the group is killed.
    """
    with subprocess.Popen(
        command,
        cwd=at,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            _end(process, number, within_s)


def _end(process: subprocess.Popen[str], number: signal.Signals, within_s: float) -> None:
    if process.poll() is not None:
        return
    os.killpg(process.pid, number)
    try:
        process.wait(within_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
