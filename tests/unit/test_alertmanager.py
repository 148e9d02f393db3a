"""Alerts of the chart reach whom a real Alertmanager tells, as the page on them says."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from devtools import alertmanager, prometheus
from tests.support import needs, promtool
from tests.support.chart import needs_helm
from tests.support.eventually import eventually
from tests.support.expressions import NAMESPACE, RELEASE
from tests.support.http_server import HttpServer, Request
from tests.support.readme import block

pytestmark = needs_helm
SENT_S = 120.0
LABELS = {"namespace": NAMESPACE, "app_kubernetes_io_instance": RELEASE}
FAULTS = {
    "WikiDigestNoReadyWorker": (
        f'kuberay_service_condition_ready{{name="{RELEASE}-wiki-digest",condition="false"}}'
    ),
    "WikiDigestUpgradeFailed": 'ray_serve_application_status{application="wiki-digest"}',
}
"""Alerts of both severities, and the series that are 1 while they fire."""
HEALTHY = 'ray_wiki_digest_build_info 1\nray_node_mem_total{IsHeadNode="true"} 1\n'


class Exporter(HttpServer):
    """Metrics of a release; `has_faults` says whether its alerts fire."""

    has_faults = False

    def answer(self, request: Request) -> None:
        """Answer a scrape."""
        lines = "".join(f"{series} {int(self.has_faults)}\n" for series in FAULTS.values())
        request.send(
            200, (HEALTHY + lines).encode(), **{"Content-Type": "text/plain; version=0.0.4"}
        )


class Receivers(HttpServer):
    """What Alertmanager has sent: the receiver (the path), and the message."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[tuple[str, dict[str, Any]]] = []

    def answer(self, request: Request) -> None:
        """Accept a message."""
        self.messages.append((request.path, json.loads(request.body())))
        request.send(200)

    def told(self, status: str) -> set[tuple[str, str]]:
        """These alerts in messages of this status, each with its receiver."""
        return {
            (name, path)
            for path, message in self.messages
            for alert in message["alerts"]
            if (name := alert["labels"]["alertname"]) in FAULTS and alert["status"] == status
        }


def config(receivers: Receivers) -> dict[str, Any]:
    """The configuration on the page; it sends at once, and to these receivers."""
    page = block("yaml", "severity=", "docs/observability.md")
    for name in ("on-call", "tickets"):
        page = page.replace(f"http://{name}.example/", f"{receivers.address}/{name}")
    found: dict[str, Any] = yaml.safe_load(page)
    found["route"] |= {"group_wait": "0s", "group_interval": "1s"}
    return found


@pytest.fixture
def release(tmp_path: Path) -> Iterator[tuple[Exporter, Receivers]]:
    """A release, and whom Alertmanager tells of it."""
    program = alertmanager.found() if needs.LIGHT else alertmanager.executable()
    with (
        Exporter() as exporter,
        Receivers() as receivers,
        alertmanager.running(
            program or needs.missing(alertmanager.WANTED), config(receivers)
        ) as at,
        prometheus.running(
            promtool.program("prometheus"),
            [exporter.port],
            LABELS,
            promtool.at_once(tmp_path),
            alertmanager=at,
        ),
    ):
        yield exporter, receivers


def test_each_alert_and_its_end_are_sent_by_severity_with_the_runbook(
    release: tuple[Exporter, Receivers],
) -> None:
    exporter, receivers = release
    expected = {("WikiDigestNoReadyWorker", "/on-call"), ("WikiDigestUpgradeFailed", "/tickets")}
    exporter.has_faults = True
    eventually("alerts", lambda: receivers.told("firing") == expected, SENT_S)
    exporter.has_faults = False
    eventually("their ends", lambda: receivers.told("resolved") == expected, SENT_S)
    for _, message in receivers.messages:
        for alert in message["alerts"]:
            anchor = alert["labels"]["alertname"].lower()
            assert alert["annotations"]["runbook_url"].endswith(f"#{anchor}")
            assert alert["annotations"]["summary"]
