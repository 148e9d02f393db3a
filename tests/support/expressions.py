"""The expressions of all panels and rules, from the generated files."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from devtools.prometheus import Prometheus
from tests.support.chart import CHART

FOLDER = CHART / "files" / "dashboards"
RELEASE, NAMESPACE = "r", "default"
"""What `helm template` renders for."""
OF_GPUS = {"ray_node_gpus_utilization", "ray_node_gram_used"}
"""Metrics that only nodes with GPUs have, as kind's do not; on a laptop, one is faked."""
NOT_ON_A_LAPTOP = {
    "kuberay_service_condition_ready",
    "kuberay_service_condition_upgrade_in_progress",
    "kuberay_cluster_info",
    "kuberay_cluster_provisioned_duration_seconds",
    "autoscaler_active_nodes",
    "autoscaler_cluster_resources",
    "autoscaler_pending_nodes",
    "autoscaler_pending_resources",
    "ray_dashboard_event_loop_lag_seconds",
}
"""Metrics that only KubeRay's operator, Ray's autoscaler or its dashboard have."""
METRIC = re.compile(r"\b(?:(?:ray|autoscaler|haproxy|kuberay)_\w+|wiki_digest:[\w:]+|ALERTS)\b")
LISTED = re.compile(r"label_values\((?P<name>\w+)(?:{(?P<labels>.*)})?, (?P<listed>\w+)\)")
"""A variable of a dashboard: the values of a label of a metric."""


def boards() -> dict[str, dict[str, Any]]:
    """The dashboards by file name."""
    return {file.name: json.loads(file.read_text("utf-8")) for file in sorted(FOLDER.iterdir())}


def panels(board: dict[str, Any]) -> list[dict[str, Any]]:
    """The panels of a dashboard, without the rows."""
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def of_panels() -> Iterator[tuple[str, str]]:
    """Each expression of a panel, and where it is."""
    for name, board in boards().items():
        for panel in panels(board):
            for target in panel["targets"]:
                yield f"{name}, {panel['title']}, {target['refId']}", target["expr"]


def of_variables() -> Iterator[tuple[str, str]]:
    """The series that have the label whose values a variable lists, and where it is."""
    for name, board in boards().items():
        for variable in board["templating"]["list"]:
            if found := LISTED.fullmatch(variable["query"]):
                labels = f'{found["listed"]}!="",{found["labels"] or ""}'
                yield f"{name}, ${variable['name']}", f"{found['name']}{{{labels}}}"


def of_dashboards() -> Iterator[tuple[str, str]]:
    """Each expression that a dashboard asks for, and where it is."""
    yield from of_panels()
    yield from of_variables()


def chosen(expression: str, rate: str = "5m", namespace: str = NAMESPACE) -> str:
    """An expression of a panel once its variables are chosen."""
    for name, value in {
        "namespace": namespace,
        "release": RELEASE,
        "__rate_interval": rate,
    }.items():
        expression = expression.replace(f"${name}", value)
    return expression


def metrics(expression: str) -> set[str]:
    """The metrics in an expression."""
    return set(METRIC.findall(expression))


def of_alerts(rules: Iterable[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Each series in an expression of an alert, and where it is."""
    for rule in rules:
        for found in re.findall(
            rf"{METRIC.pattern}{{.*?}}", rule["expr"] if "alert" in rule else ""
        ):
            yield f"{rule['alert']}, {found}", found


class Absent:
    """Expressions by where they are; each call leaves out those that have a value by now."""

    def __init__(self, prometheus: Prometheus, expressions: Mapping[str, str]) -> None:
        self._prometheus = prometheus
        self._left = dict(expressions)

    def __call__(self) -> list[str]:
        """Where those are that had no value in any call so far."""
        seen = [where for where, one in self._left.items() if self._prometheus.has_value(one)]
        for where in seen:
            del self._left[where]
        return [*self._left]
