"""`make observe`: a server and a Prometheus that scrapes it, until Ctrl-C."""

import os
import signal
import sys
from pathlib import Path

import psutil
import pytest
import requests

from devtools.processes import ended_by, left_running
from devtools.server import START_S, STOP_S
from tests.support import promtool
from tests.support.eventually import eventually
from tests.support.readme import ROOT

LINES = 7
"""Two addresses, an empty line, the query, and its answer: three outcomes."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The virtual environment of this test, as make expects it."""
    for name in ("bin", "lib", "pyvenv.cfg"):
        (tmp_path / name).symlink_to(Path(sys.prefix) / name)
    for stamp in ("pip", "run", "k8s", "unit"):
        (tmp_path / stamp).touch()
    return tmp_path


def test_it_prints_its_addresses_and_an_answer_and_stops_both_on_ctrl_c(folder: Path) -> None:
    promtool.program("prometheus")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    command = ["make", "--no-print-directory", "observe", f"VENV={folder}"]
    ctrl_c = signal.SIGINT
    with ended_by(ctrl_c, command, STOP_S, at=ROOT, environment=environment) as process:
        assert process.stdout is not None
        said = [process.stdout.readline().rstrip() for _ in range(LINES)]
        address = said[0].removeprefix("Prometheus: ")
        started = psutil.Process(process.pid).children(recursive=True)
        eventually("a scrape that was in time", lambda: health(address) == ["up"], START_S)
    assert [line.split() for line in said[4:]] == [
        ["no-article", "1"],
        ["ok", "2"],
        ["rejected", "1"],
    ]
    assert left_running(started, STOP_S) == []


def health(address: str) -> list[str]:
    """Of each target of Prometheus."""
    targets = requests.get(f"{address}/api/v1/targets", timeout=START_S).json()
    return [target["health"] for target in targets["data"]["activeTargets"]]
