"""The processes of Ray under `wiki-digest serve`."""

from pathlib import Path

import pytest

from devtools.server import Server, title

USELESS = {"dashboard.py", "monitor.py", "log_monitor.py"}
NEEDED = {"gcs_server", "raylet", "ray::DashboardAgent"}
"""The agent exports the metrics."""


@pytest.fixture(scope="module")
def names(server: Server) -> set[str]:
    """The last parts of all paths in the commands of the server's processes."""
    return {Path(word).name for one in server.family() for word in title(one).split()}


def test_no_dashboard_autoscaler_or_log_monitor_runs(names: set[str]) -> None:
    assert not names & USELESS


def test_what_serves_runs(names: set[str]) -> None:
    assert names >= NEEDED
