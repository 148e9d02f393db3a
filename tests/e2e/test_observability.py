"""What a platform team sees of three releases: traces, metrics, `top`, and alerts on faults."""

import json
import math
import re
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NamedTuple

import pytest
import requests

from app.sources.corpus import FOLDER
from devtools.prometheus import Prometheus
from tests.e2e.conftest import CLUSTER, prepared
from tests.e2e.faults import with_a_missing_model, without_a_head, without_a_stage
from tests.e2e.load import TERMS, Load
from tests.e2e.monitoring import ANNOTATED, METRICS_FROM, groups, host_of, monitors, watching
from tests.e2e.support import LONG, LONG_S, MEDIUM_S, SHORT_S, Release, said_in_a_pod, tried
from tests.graph.test_traces import SPAN, STAGES, children, documented
from tests.support.eventually import eventually
from tests.support.expressions import OF_GPUS, Absent, chosen, metrics, of_alerts, of_dashboards
from tests.support.faulty_wiki import FaultyWiki, status
from tests.support.otlp_receiver import OtlpReceiver, Span
from tests.support.tiny_wiki import TinyWiki
from tests.support.work import reference_s

NODE = f"{CLUSTER}-worker"
PAGES = {term: (FOLDER / f"{term}.txt").read_text("utf-8") for term in TERMS}
WATCHED = f"networkPolicy.metricsFrom={METRICS_FROM}"
SCALED = 'workers.cpu={"minReplicas": 2, "replicas": 2, "maxReplicas": 3}'
"""Ray's autoscaler has metrics only where it may scale."""
SMALL = 'workers.cpu={"replicas": 1}'
FUSED = 'settings.placement="fused"'
ANNOTATIONS = "metrics.annotations=true"
"""For a Prometheus without its operator; the change starts a new cluster."""
PATIENT = "metrics.slo.latency.seconds=30"
"""No alert fires because the machine is slow."""
PORTS = {"8080", "9101", "44217", "44227"}
"""Of all metrics, as docs/observability.md lists them."""
CONDITION = re.compile(r',condition="\w+"')
"""A state of the release that only some of the alerts' series have."""
RATE = 2
FAULTS = (
    (without_a_head, "WikiDigestHeadDown"),
    (without_a_stage, "WikiDigestReplicasUnhealthy"),
    (with_a_missing_model, "WikiDigestUpgradeFailed"),
)
"""And the alert of each."""
FIRED_TASKS = 12_000
"""An alert fires within the time of so many reference tasks: two minutes where one takes 10 ms."""
TRACED = ("Alan Turing", "Frida Kahlo", "Kyoto", "Marie Curie", "Uluru")
"""Not cached yet. Each stage is in either of two pods: of eight traces, one is in a single pod."""


class Observed(NamedTuple):
    """Releases that a Prometheus follows; the first has a wiki and sends traces."""

    releases: tuple[Release, ...]
    receiver: OtlpReceiver
    prometheus: Prometheus

    @property
    def first(self) -> Release:
        """The release that has all that can be seen."""
        return self.releases[0]

    def firing(self, since: float | None = None) -> list[set[str]]:
        """The names of the alerts that fire on each release, or have fired since then."""
        return [self._firing(release, since) for release in self.releases]

    def _firing(self, release: Release, since: float | None) -> set[str]:
        alerts = f'ALERTS{{alertstate="firing",namespace="{release.namespace}"}}'
        if since is not None:
            alerts = f"count_over_time({alerts}[{math.ceil(time.monotonic() - since)}s])"
        return {sample["metric"]["alertname"] for sample in self.prometheus.query(alerts)}


@pytest.fixture(scope="module")
def second(cluster: str, chart: Path) -> Iterator[Release]:
    """Another release, not installed yet."""
    with prepared(cluster, chart) as made:
        yield made


@pytest.fixture(scope="module")
def third(cluster: str, chart: Path) -> Iterator[Release]:
    """A third one."""
    with prepared(cluster, chart) as made:
        yield made


@pytest.fixture(scope="module")
def observed(release: Release, second: Release, third: Release, image: str) -> Iterator[Observed]:
    """All three, installed; the last one has an upgrade."""
    host, releases = host_of(NODE), (release, second, third)
    with (
        FaultyWiki(TinyWiki(PAGES), status(503), host=host) as wiki,
        OtlpReceiver(host=host) as receiver,
    ):
        source = {"kind": "wikipedia", "api_url": wiki.url}
        tracing = {"sample_ratio": 1e-9, "endpoint": receiver.address}
        sent = f"settings={json.dumps({'source': source, 'tracing': tracing})}"
        release.upgrade(WATCHED, SCALED, sent, "faultTolerance.enabled=true")
        second.upgrade(WATCHED, SMALL)
        third.upgrade(WATCHED, SMALL, FUSED)
        with watching(image, NODE, [monitors(one, PATIENT) for one in releases]) as prometheus:
            with ThreadPoolExecutor() as pool:
                [*pool.map(Release.wait, releases)]
            for one in releases:
                eventually("the ingress routes traffic to it", one.answers, MEDIUM_S)
            third.upgrade(ANNOTATIONS)
            yield Observed(releases, receiver, prometheus)


def test_a_request_through_the_ingress_is_one_trace_with_all_stages_in_several_pods(
    observed: Observed,
) -> None:
    ids = {f"{number:032x}": term for number, term in enumerate(TRACED, 1)}
    for number, term in ids.items():
        parent = f"00-{number}-{SPAN}-01"
        observed.first.get(f"/v1/digest?term={term}", MEDIUM_S, traceparent=parent)
    traces = [whole(observed.receiver, number) for number in ids]
    for trace in traces:
        (root,) = children(trace, SPAN)
        assert {span.name for span in children(trace, root.id)} == {"source", *STAGES}
        assert {span.parent for span in trace} <= {SPAN, *(span.id for span in trace)}
    pods = [{str(span.resource["host.name"]) for span in trace} for trace in traces]
    assert max(map(len, pods)) == 2
    assert set().union(*pods) == observed.first.ready("worker").keys()


def whole(receiver: OtlpReceiver, trace: str) -> list[Span]:
    """The spans of a trace, once there is one of each documented name."""
    found = receiver.spans(
        lambda spans: {span.name for span in spans if span.trace == trace} == documented()
    )
    return [span for span in found if span.trace == trace]


def test_every_expression_of_boards_and_rules_has_a_value_under_load(observed: Observed) -> None:
    release = observed.first
    rules = [rule for group in groups(monitors(release, PATIENT)) for rule in group["rules"]]
    own = f'{{namespace="{release.namespace}"}}'
    records = {name: f"{name}{own}" for rule in rules if (name := rule.get("record"))}
    series = {where: CONDITION.sub("", e) for where, e in of_alerts(rules)}
    shown = {where: chosen(e, namespace=release.namespace) for where, e in of_dashboards()}
    wanted = {
        where: expression
        for where, expression in {**records, **series, **shown}.items()
        if not metrics(expression) & {"ALERTS", *OF_GPUS}
    }

    absent = Absent(observed.prometheus, wanted)

    def still_absent() -> list[str]:
        ask_otherwise(release)
        return absent()

    with Load(release, RATE):
        becomes(still_absent, [])


def test_kuberay_tells_each_state_that_an_alert_reads(observed: Observed) -> None:
    """Of a release that has started, and has been upgraded to a new cluster."""
    (*_, third) = observed.releases
    rules = [rule for group in groups(monitors(third, PATIENT)) for rule in group["rules"]]
    states = {
        where: f"last_over_time({e}[1h])" for where, e in of_alerts(rules) if CONDITION.search(e)
    }
    assert len(states) == 3
    becomes(Absent(observed.prometheus, states), [])


def test_every_target_of_a_release_is_up(observed: Observed) -> None:
    """Also where Ray's autoscaler does not run."""
    (*_, third) = observed.releases
    targets = f'up{{namespace="{third.namespace}"}}'

    def down() -> list[dict[str, str]]:
        return [sample["metric"] for sample in observed.prometheus.query(f"{targets} == 0")]

    becomes(down, [])
    assert observed.prometheus.query(targets)


def test_the_pods_of_a_release_are_scraped_by_their_annotations(observed: Observed) -> None:
    """Without the operator: Ray's and the app's metrics of each pod, and of no other release."""
    (*_, third) = observed.releases
    third.wait()
    pods = {*third.ready("head"), *third.ready("worker")}

    def scraped() -> set[tuple[str, str, str]]:
        found = observed.prometheus.query(f'up{{job="{ANNOTATED}"}}')
        return {(s["metric"]["namespace"], s["metric"]["pod"], s["value"][1]) for s in found}

    becomes(scraped, {(third.namespace, pod, "1") for pod in pods})
    own = f'ray_wiki_digest_build_info{{job="{ANNOTATED}",namespace="{third.namespace}"}}'
    becomes(lambda: observed.prometheus.has_value(own), expected=True)


def test_another_namespace_than_prometheus_reaches_no_metrics(observed: Observed) -> None:
    """At none of the ports that Prometheus scrapes."""
    up = observed.prometheus.query(f'up{{namespace="{observed.first.namespace}"}} == 1')
    addresses = {sample["metric"]["instance"].replace(":", "/") for sample in up}
    assert {address.partition("/")[2] for address in addresses} == PORTS
    look = "(timeout 5 bash -c 'echo > /dev/tcp/{0}' && echo {0} is open) &"
    assert said_in_a_pod(" ".join([*map(look.format, addresses), "wait"])) == ""


def becomes(look: Callable[[], object], expected: object) -> None:
    """Check that the result of `look` becomes this one; a failure shows the last result."""
    with suppress(AssertionError):
        eventually("it is so", lambda: look() == expected, LONG_S)
    assert look() == expected


def ask_otherwise(release: Release) -> None:
    """Requests that panels show, beside those of the load."""
    release.get("/v1/digest?term=nobodyhaswrittenofthis")
    host = {"Host": release.host}
    terms = {"terms": TERMS[:2]}
    requests.post(f"{release.address}/v1/digests", json=terms, headers=host, timeout=SHORT_S)


def test_top_shows_the_load_of_a_release_in_a_namespace(observed: Observed) -> None:
    release = observed.first
    named = ["--namespace", release.namespace, "--name", release.service, "--once"]
    done = tried(sys.executable, "-m", "app.cli", "top", *named)
    assert done.returncode == 0, done.stderr
    for shown in ("2 Digest", "2 Entities", "requests/s", "source", "articles"):
        assert shown in done.stdout


@LONG
def test_a_fault_fires_its_alert_only_and_the_alert_ends_with_it(
    observed: Observed, record_property: Callable[[str, object], None]
) -> None:
    """A fault of each release at the same time, under load. Without its head, the first loses none.

    The alerts wait for a minute. On a slow machine, Serve takes long to give an upgrade up.
    """
    expected = [{alert} for _, alert in FAULTS]
    with ExitStack() as asked:
        loads = [asked.enter_context(Load(one, RATE)) for one in observed.releases]
        begun = time.monotonic()
        with ExitStack() as faults:
            for release, (fault, _) in zip(observed.releases, FAULTS, strict=True):
                faults.enter_context(fault(release))
            becomes(observed.firing, expected)
            fired_s = time.monotonic() - begun
        becomes(observed.firing, [set() for _ in FAULTS])
    note = f"alerts after {fired_s:.0f} s, until {time.monotonic() - begun:.0f} s"
    record_property("load", loads[0].row("head, stage and upgrade fail", note))
    assert observed.firing(since=begun) == expected, [load.lost for load in loads]
    assert loads[0].lost == []
    assert fired_s < FIRED_TASKS * max(reference_s() for _ in range(3))
