import subprocess
import sys

import psutil
import pytest

from app.serving import parent
from devtools.processes import left_running

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux can do this")
CHILD = "from app.serving.parent import end_with_parent; end_with_parent(); print(flush=True); "
PARENT = f"""
import subprocess, sys
wait = "import time; time.sleep(60)"
child = {CHILD!r} + "import os, sys; os.execv(sys.executable, ['python', '-c', " + repr(wait) + "])"
process = subprocess.Popen([sys.executable, "-c", child], stdout=subprocess.PIPE)
process.stdout.readline()
print(process.pid, flush=True)
process.wait()
"""


def child_of_a_killed_parent(**environment: str) -> psutil.Process:
    """A process that has replaced one which asked to end with its parent."""
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as running:
        assert running.stdout
        child = psutil.Process(int(running.stdout.readline()))
        running.kill()
    return child


def test_a_process_ends_with_its_parent() -> None:
    child = child_of_a_killed_parent(**{parent.VARIABLE: "1"})
    assert left_running([child], 60) == []


def test_a_process_outlives_its_parent_where_the_variable_is_not_set() -> None:
    child = child_of_a_killed_parent()
    assert child.is_running()
    child.kill()
