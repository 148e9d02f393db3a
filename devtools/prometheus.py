"""Prometheus and promtool: the installed ones, or those of Debian's package, in a cache."""

import math
import signal
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
import yaml

from devtools import apt
from devtools.processes import START_S, ended_by, wait_until_it_answers
from devtools.server import free_port

WANTED = "Prometheus is not installed, and apt-get could not download it"
INTERVAL_S = 1
STOP_S = 60.0
Sample = dict[str, Any]
"""A series in an answer: its labels as `metric`, its time and value as `value`, or `values`."""


def found(name: str) -> str | None:
    """The path of the program, if it is here."""
    return apt.found("prometheus", name)


def executable(name: str) -> str | None:
    """The path of the program; downloaded if possible, else None."""
    return apt.executable("prometheus", name)


class Prometheus:
    """A running Prometheus at `address`."""

    def __init__(self, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"

    def query(self, expression: str) -> list[Sample]:
        """The series that an expression has now.

        Raises:
            ValueError: Prometheus refuses the expression.
        """
        return self._result("query", query=expression)

    def has_value(self, expression: str) -> bool:
        """Whether a series of an expression is a number now.

        Raises:
            ValueError: Prometheus refuses the expression.
        """
        return any(not math.isnan(float(one["value"][1])) for one in self.query(expression))

    def history(self, expression: str, seconds: float, step_s: float) -> list[Sample]:
        """The series that an expression had until now, with `values`: pairs of time and value.

        Raises:
            ValueError: Prometheus refuses the expression.
        """
        now = time.time()
        return self._result(
            "query_range", query=expression, start=now - seconds, end=now, step=step_s
        )

    def _result(self, path: str, **parameters: str | float) -> list[Sample]:
        url = f"{self.address}/api/v1/{path}"
        answer = requests.get(url, parameters, timeout=START_S).json()
        if answer["status"] != "success":
            raise ValueError(f"{parameters['query']}: {answer['error']}")
        found: list[Sample] = answer["data"]["result"]
        return found


@contextmanager
def running(
    program: str,
    ports: Iterable[int],
    labels: Mapping[str, str] | None = None,
    rules: Path | None = None,
    alertmanager: str = "",
) -> Iterator[Prometheus]:
    """A Prometheus that scrapes these ports of this machine each second; its data is deleted.

    `labels` are added to all series; `rules` is a file of rules; `alertmanager` is `HOST:PORT`.
    """
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "prometheus.yml"
        made = _config(ports, labels or {}, rules) | _alerting(alertmanager)
        config.write_text(yaml.safe_dump(made), encoding="utf-8")
        port = free_port()
        command = [program, f"--config.file={config}", f"--storage.tsdb.path={folder}/data"]
        command += [f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]
        with ended_by(signal.SIGTERM, command, STOP_S) as process:
            found = Prometheus(port)
            wait_until_it_answers(process, f"{found.address}/-/ready")
            yield found


def _config(
    ports: Iterable[int], labels: Mapping[str, str], rules: Path | None
) -> dict[str, object]:
    targets = [f"127.0.0.1:{port}" for port in ports]
    interval = f"{INTERVAL_S}s"
    return {
        "global": {"scrape_interval": interval, "evaluation_interval": interval},
        "rule_files": [str(rules)] if rules else [],
        "scrape_configs": [
            {
                "job_name": "wiki-digest",
                "static_configs": [{"targets": targets, "labels": dict(labels)}],
            }
        ],
    }


def _alerting(alertmanager: str) -> dict[str, object]:
    if not alertmanager:
        return {}
    return {"alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]}}
