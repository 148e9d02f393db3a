"""Alertmanager: the installed one, or that of Debian's package, in a cache."""

import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
import yaml

from devtools import apt
from devtools.processes import START_S, ended_by, wait_until_it_answers
from devtools.server import free_port

NAME = "prometheus-alertmanager"
WANTED = f"{NAME} is not installed, and apt-get could not download it"
STOP_S = 10.0
NOBODY = {"route": {"receiver": "nobody"}, "receivers": [{"name": "nobody"}]}


def executable() -> str | None:
    """The path of the program; downloaded if possible, else None."""
    return apt.executable(NAME, NAME)


@contextmanager
def running(program: str) -> Iterator[int]:
    """The port of an Alertmanager that tells nobody; its data is deleted."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "alertmanager.yml"
        config.write_text(yaml.safe_dump(NOBODY), encoding="utf-8")
        port = free_port()
        command = [program, f"--config.file={config}", f"--storage.path={folder}/data"]
        command += [f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="]
        with ended_by(signal.SIGTERM, [*command, "--log.level=error"], STOP_S) as process:
            wait_until_it_answers(process, f"http://127.0.0.1:{port}/-/ready")
            yield port


def alerts(port: int) -> list[dict[str, Any]]:
    """The alerts that it has, with their labels and annotations."""
    found: list[dict[str, Any]] = requests.get(
        f"http://127.0.0.1:{port}/api/v2/alerts", timeout=START_S
    ).json()
    return found
