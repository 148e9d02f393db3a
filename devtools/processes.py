"""Programs that run beside a test or a server, and end with it."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
import requests

START_S = 120.0
"""Seconds that a program has until it answers."""
AGAIN_S = 0.1


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


def wait_until_it_answers(process: subprocess.Popen[str], url: str) -> None:
    """Wait until a program that was started answers at this address.

    Raises:
        RuntimeError: it has ended, or takes longer than `START_S`.
    """
    deadline = time.monotonic() + START_S
    while not answers(url):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{process.args!r} did not start")
        time.sleep(AGAIN_S)


def answers(url: str) -> bool:
    """Whether a GET of this address succeeds."""
    try:
        return requests.get(url, timeout=START_S).ok
    except requests.ConnectionError:
        return False


def left_running(processes: Sequence[psutil.Process], within_s: float) -> list[psutil.Process]:
    """Those of some processes that have not ended after so many seconds.

    A zombie has ended: it waits for a parent, as often the container's first process, to notice.
    """
    deadline = time.monotonic() + within_s
    while (left := [one for one in processes if _runs(one)]) and time.monotonic() < deadline:
        time.sleep(AGAIN_S)
    return left


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _end(process: subprocess.Popen[str], number: signal.Signals, within_s: float) -> None:
    if process.poll() is not None:
        return
    os.killpg(process.pid, number)
    try:
        process.wait(within_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
