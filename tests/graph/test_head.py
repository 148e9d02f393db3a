"""The processes of Ray under `wiki-digest serve`."""

from pathlib import Path

import psutil
import pytest

from devtools.server import Server

USELESS = {"dashboard.py", "monitor.py", "log_monitor.py"}
NEEDED = {"gcs_server", "raylet", "ray::DashboardAgent"}
"""The agent exports the metrics."""


@pytest.fixture(scope="module")
def names() -> set[str]:
    """The last parts of all paths in the commands of the server's processes."""
    with Server() as server:
        return {Path(word).name for one in server.family() for word in words(one)}


def words(process: psutil.Process) -> list[str]:
    """The command of a process; nothing if it has ended."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_no_dashboard_autoscaler_or_log_monitor_runs(names: set[str]) -> None:
    assert not names & USELESS


def test_what_serves_runs(names: set[str]) -> None:
    assert names >= NEEDED
