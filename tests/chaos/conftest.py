"""The cluster of the end-to-end tests, and a table of what was lost."""

import os
from collections.abc import Generator
from typing import Any

import pytest

from tests.chaos.busy import BusyRelease, busy
from tests.chaos.nodes import CONTROL, FIRST, placed, use_the_control_plane
from tests.e2e.conftest import (  # noqa: F401 - fixtures and hooks
    chart,
    cluster,
    image,
    pytest_addoption,
    pytest_runtest_makereport,
    release,
)
from tests.e2e.support import Release

TIMES = int(os.environ.get("CHAOS_TIMES", "1"))
COLUMNS = ("case", "sent", "lost", "at most", "p50", "p99", "slowest", "pause", "new", "task")
"""`new` digests a second of the load; `task`: how long the reference task took."""
ANNOTATED = (
    'ingress.annotations={"traefik.ingress.kubernetes.io/router.middlewares":"again@file,retry@file"}',
    'service.annotations={"traefik.ingress.kubernetes.io/service.serverstransport":"redial@file"}',
)
"""Let Traefik try another worker, and never reuse a connection to one that may be silent."""


@pytest.fixture(scope="module")
def steady(release: Release) -> BusyRelease:  # noqa: F811 - the imported fixture
    """A release without a limit on cores."""
    return busy(release)


@pytest.fixture(scope="module")
def apart(
    release: Release,  # noqa: F811
    image: str,  # noqa: F811
) -> BusyRelease:
    """A release with its head and its Redis on nodes without a worker."""
    use_the_control_plane(image)
    return busy(release, *placed(head=FIRST, redis=CONTROL), *ANNOTATED)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Repeat what has a `time` as often as `CHAOS_TIMES` says."""
    if "time" in metafunc.fixturenames:
        metafunc.parametrize("time", range(1, TIMES + 1))


@pytest.hookimpl(wrapper=True)
def pytest_report_teststatus(
    report: Any,
) -> Generator[None, tuple[str, str, str], tuple[str, str, str]]:
    """Say what was lost as soon as a test has ended."""
    category, letter, word = yield
    rows = [cells for name, cells in report.user_properties if name == "row"]
    said = "".join(f"\n  {' | '.join(cells)}" for cells in rows) if report.when == "call" else ""
    return category, letter, f"{word}{said}"


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was lost in each case, as rows of Markdown."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    rows = dict.fromkeys(row for r in reports for name, row in r.user_properties if name == "row")
    if rows:
        terminalreporter.section("lost")
        for cells in (COLUMNS, ("---",) * len(COLUMNS), *rows):
            terminalreporter.write_line(f"| {' | '.join(cells)} |")
