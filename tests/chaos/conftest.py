"""The cluster of the end-to-end tests, and a table of what was lost."""

import pytest

from tests.chaos.busy import BusyRelease, busy
from tests.chaos.losses import Losses
from tests.e2e.conftest import (  # noqa: F401 - fixtures and hooks
    chart,
    cluster,
    image,
    pytest_addoption,
    pytest_runtest_makereport,
    release,
)
from tests.e2e.support import Release

COLUMNS = ("case", "sent", "lost", "at most", "p50", "p99", "slowest", "pause")


@pytest.fixture(scope="module")
def steady(release: Release) -> BusyRelease:  # noqa: F811 - the imported fixture
    """A release without a limit on cores."""
    return busy(release)


def row(case: str, losses: Losses) -> tuple[str, ...]:
    """A row of the table; `at most` is the part that is lost, with a confidence of 95 %."""
    times = (losses.percentile(0.5), losses.percentile(0.99), losses.slowest_s, losses.pause_s)
    sent, lost = f"{len(losses.answers):,}", str(len(losses.lost))
    return case, sent, lost, f"{losses.bound():.2%}", *(f"{one:.2f} s" for one in times)


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was lost in each case, as rows of Markdown."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    rows = dict.fromkeys(row for r in reports for name, row in r.user_properties if name == "row")
    if rows:
        terminalreporter.section("lost")
        for cells in (COLUMNS, ("---",) * len(COLUMNS), *rows):
            terminalreporter.write_line(f"| {' | '.join(cells)} |")
