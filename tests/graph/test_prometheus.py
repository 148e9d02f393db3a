"""A real Prometheus that scrapes a server: each expression of each panel and rule has a series."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
import requests
import yaml

from app.serving.ports import free_ports
from app.shell.objectives import Measured, Objectives, verdicts
from app.shell.slo import measured
from devtools import prometheus
from devtools.prometheus import Prometheus
from devtools.server import Server
from tests.support import promtool
from tests.support.chart import needs_helm
from tests.support.expressions import (
    NAMESPACE,
    NOT_ON_A_LAPTOP,
    RELEASE,
    Absent,
    chosen,
    metrics,
    of_alerts,
    of_dashboards,
)
from tests.support.faulty_wiki import FaultyWiki, status
from tests.support.tiny_wiki import TinyWiki

pytestmark = needs_helm
T = TypeVar("T")
ASK_S = 40
SEEN_S = 300.0
"""Metrics reach the port after 15 s, and a rate needs two values; a busy machine takes longer."""
FIRING = 'ALERTS{alertstate="firing"}'
FAKE_GPU = Path(__file__).parents[1] / "support" / "fake_gpu"
LABELS = {"namespace": NAMESPACE, "app_kubernetes_io_instance": RELEASE, "pod": "local"}
"""What a PodMonitor adds."""
HAPROXYS_PORT = "RAY_SERVE_HAPROXY_METRICS_PORT"
PAGES = {f"Person {number}": f"Ada {number} lived in London." for number in range(1000)}
SETTINGS = ("metrics.rules.limits.memory=0.0001", "metrics.slo.latency.seconds=30")
"""One alert fires on any machine, and none because the machine is slow."""
EXPRESSIONS = {
    where: chosen(expression)
    for where, expression in of_dashboards()
    if not metrics(expression) & NOT_ON_A_LAPTOP
}


def at_once(folder: Path) -> Path:
    """The rules of the chart, evaluated each second and without waiting before an alert fires."""
    groups = promtool.groups(*SETTINGS)
    for group in groups:
        group.pop("interval", None)
        for rule in group["rules"]:
            rule.pop("for", None)
    file = folder / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": groups}), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def scraped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Prometheus, Server]]:
    """A Prometheus, and the server with a wiki that it scrapes as it would scrape pods."""
    program = promtool.program("prometheus")
    rules = at_once(tmp_path_factory.mktemp("rules"))
    (haproxys,) = free_ports(1)
    with (
        FaultyWiki(TinyWiki(PAGES), status(503)) as wiki,
        Server(
            "placement=distributed",
            "source=wikipedia",
            f"source.api_url={wiki.url}",
            "sentiment.batch.max_batch_tokens=4096",
            "digest.deadline_s=120",
            "digest.hedge_after_s=60",
            **{HAPROXYS_PORT: str(haproxys), "PYTHONPATH": str(FAKE_GPU)},
        ) as server,
        prometheus.running(program, [server.metrics_port, haproxys], LABELS, rules) as started,
    ):
        yield started, server


def load(server: Server) -> Iterator[None]:
    """Requests that panels show: for each article twice, and for one that is not there."""
    for term in PAGES:
        for asked in (term, term, f"{term}?"):
            requests.get(f"{server.address}/v1/digest", {"term": asked}, timeout=ASK_S)
        requests.post(f"{server.address}/v1/digests", json={"terms": [term]}, timeout=ASK_S)
        yield


def seen_under_load(server: Server, look: Callable[[], T], wanted: T) -> T:
    """Send requests until `look` returns what is wanted, or the time is up; return its last."""
    deadline = time.monotonic() + SEEN_S
    for _ in load(server):
        if (seen := look()) == wanted or time.monotonic() > deadline:
            break
    return seen


def eventually_all(scraped: tuple[Prometheus, Server], expressions: dict[str, str]) -> None:
    """Send requests until each expression has had a value."""
    started, server = scraped
    assert seen_under_load(server, Absent(started, expressions), list[str]()) == []


def test_every_expression_of_the_dashboards_has_a_value_under_load(
    scraped: tuple[Prometheus, Server],
) -> None:
    eventually_all(scraped, EXPRESSIONS)


def test_every_rule_records_a_value_under_load(scraped: tuple[Prometheus, Server]) -> None:
    records = {rule["record"] for rule in promtool.rules() if "record" in rule}
    eventually_all(scraped, {name: name for name in records})


def test_every_series_that_an_alert_reads_exists(scraped: tuple[Prometheus, Server]) -> None:
    series = dict(of_alerts(promtool.rules()))
    eventually_all(
        scraped, {name: e for name, e in series.items() if not metrics(e) & NOT_ON_A_LAPTOP}
    )


def test_only_the_alert_fires_whose_limit_is_passed(scraped: tuple[Prometheus, Server]) -> None:
    """Others may for a moment, if a scrape takes longer than its second: they do not wait here."""
    started, server = scraped
    expected = {"WikiDigestMemoryNearLimit"}
    assert seen_under_load(server, lambda: firing(started), expected) == expected


def firing(started: Prometheus) -> set[str]:
    """The names of the alerts that fire."""
    return {one["metric"]["alertname"] for one in started.query(FIRING)}


def test_the_command_judges_the_release_by_real_numbers(scraped: tuple[Prometheus, Server]) -> None:
    started, server = scraped
    assert seen_under_load(server, lambda: of_release(started, RELEASE).requests > 100, wanted=True)
    found = of_release(started, RELEASE)
    assert found.p95_s is not None
    assert (found.failed, 0 < found.p95_s < ASK_S) == (0, True)
    availability, p95 = verdicts(found, Objectives(p95_s=found.p95_s / 2))
    assert (availability.kept, availability.measured, p95.kept) == (True, "100.000%", False)
    assert of_release(started, "another") == Measured(0, 0, None)


def of_release(started: Prometheus, name: str) -> Measured:
    """What `wiki-digest slo` reads of a release."""
    return measured(started.address, "1h", f'app_kubernetes_io_instance="{name}"')
