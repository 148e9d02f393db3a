import signal
import subprocess
import sys

import psutil
import pytest

from devtools.processes import ended_by, left_running
from devtools.server import first_line

STUBBORN = """\
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(60)
"""


def test_a_program_gets_the_signal_at_the_end() -> None:
    command = [sys.executable, "-c", "print('ready', flush=True); import time; time.sleep(60)"]
    with ended_by(signal.SIGTERM, command, within_s=10) as process:
        assert first_line(process, 10) == "ready"
    assert process.returncode == -signal.SIGTERM


def test_a_program_that_ignores_it_is_killed() -> None:
    with (
        pytest.raises(subprocess.TimeoutExpired),
        ended_by(signal.SIGTERM, [sys.executable, "-c", STUBBORN], within_s=0.1) as process,
    ):
        assert first_line(process, 10) == "ready"
    assert process.returncode == -signal.SIGKILL


def test_a_program_that_has_ended_gets_none() -> None:
    with ended_by(signal.SIGTERM, [sys.executable, "-c", ""], within_s=10) as process:
        process.wait(10)
    assert process.returncode == 0


def test_a_process_that_nobody_has_waited_for_is_not_left_running() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        assert left_running([psutil.Process(process.pid)], within_s=60) == []
        assert psutil.pid_exists(process.pid)


def test_a_process_that_goes_on_is_left_running() -> None:
    with subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE) as process:
        assert left_running([psutil.Process(process.pid)], 0.2) == [psutil.Process(process.pid)]
        process.kill()
