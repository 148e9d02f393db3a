"""Each alert on a firing and a silent case, by `promtool test rules`.

Each case is a healthy release with some series changed. No other alert may fire in it.
"""

from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from app.shell.objectives import QUANTILE, Objectives, queries
from tests.support import promtool
from tests.support.chart import CHART, needs_helm

pytestmark = needs_helm
RELEASE = {"namespace": "default", "app_kubernetes_io_instance": "r"}
HEAD = {"pod": "r-head", "RayNodeType": "head", "IsHeadNode": "true"}
MINUTES = 30


def series(metric: str, **labels: str) -> str:
    """A series of the release."""
    said = ",".join(f'{name}="{value}"' for name, value in {**RELEASE, **labels}.items())
    return f"{metric}{{{said}}}"


def requests(outcome: str, cached: str = "false") -> str:
    labels = {"route": "/v1/digest", "outcome": outcome, "cached": cached}
    return series("ray_wiki_digest_requests_total", **labels)


def seconds(bound: str) -> str:
    name = "ray_wiki_digest_request_duration_seconds_bucket"
    return series(name, route="/v1/digest", le=bound)


def kuberay(condition: str, value: str) -> str:
    labels = f'namespace="default",name="r-wiki-digest",condition="{value}"'
    return f"kuberay_service_condition_{condition}{{{labels}}}"


def status(deployment: str) -> str:
    return series("ray_serve_deployment_status", application="wiki-digest", deployment=deployment)


def missing(stage: str, reason: str) -> str:
    return series("ray_wiki_digest_missing_stages_total", stage=stage, reason=reason)


DURATIONS = series("ray_wiki_digest_request_duration_seconds_count", route="/v1/digest")
BUILD = series("ray_wiki_digest_build_info", version="1")
IN_PROGRESS = series("ray_wiki_digest_terms_in_progress", deployment="Digest")
REFUSED = series("ray_wiki_digest_refused_total", reason="busy")
APPLICATION = series("ray_serve_application_status", application="wiki-digest")
HEAD_MEMORY = series("ray_node_mem_total", **HEAD)
USED = series("ray_node_cgroup_mem_used", **HEAD)
READY, NOT_READY = kuberay("ready", "true"), kuberay("ready", "false")
UPGRADING = kuberay("upgrade_in_progress", "true")
ALWAYS, NEVER = "1+0x{n}", "0+0x{n}"
HEALTHY = {
    requests("ok"): "0+1000x{n}",
    requests("internal"): NEVER,
    requests("source-failed"): NEVER,
    requests("bad-term"): "0+1000x{n}",
    DURATIONS: "0+1000x{n}",
    seconds("1.0"): "0+1000x{n}",
    series("ray_wiki_digest_digests_total", outcome="ok", cached="false"): "0+1000x{n}",
    missing("entities", "failed"): NEVER,
    BUILD: ALWAYS,
    IN_PROGRESS: "8+0x{n}",
    series("ray_wiki_digest_terms_limit", deployment="Digest"): "256+0x{n}",
    REFUSED: NEVER,
    APPLICATION: "6+0x{n}",
    status("Digest"): "6+0x{n}",
    status("Entities"): "6+0x{n}",
    HEAD_MEMORY: "2000+0x{n}",
    USED: "500+0x{n}",
    series("ray_node_cgroup_mem_total", **HEAD): "2000+0x{n}",
    READY: ALWAYS,
    kuberay("upgrade_in_progress", "false"): ALWAYS,
}
"""Values a minute, in promtool's words; `{n}` is the last minute."""


@dataclass(frozen=True)
class Case:
    """A release, and the labels of what fires in it; none in a silent case of the alert."""

    alert: str
    what: str
    changes: dict[str, str | None]
    fires: tuple[str, ...] = ()
    minutes: int = MINUTES

    def __str__(self) -> str:
        return f"{self.alert}, {self.what}"

    def input_series(self) -> list[dict[str, str]]:
        """All series, in promtool's words."""
        given = {**HEALTHY, **self.changes}
        return [
            {"series": name, "values": values.format(n=self.minutes)}
            for name, values in given.items()
            if values is not None
        ]


def labels(alert: str, window: str = "") -> str:
    """The labels of an alert that fires; one on a burn rate has a window."""
    return f'{{alertname="{alert}"' + (f',window="{window}"}}' if window else "}")


def firing(alert: str, what: str, changes: dict[str, str | None], *also: str) -> Case:
    return Case(alert, what, changes, (labels(alert), *also))


def silent(alert: str, what: str, changes: dict[str, str | None], minutes: int = MINUTES) -> Case:
    return Case(alert, what, changes, minutes=minutes)


def failing(percent: float, minutes: int, *windows: str) -> Case:
    alert = "WikiDigestErrorBudgetBurn"
    changes: dict[str, str | None] = {
        requests("ok"): f"0+{1000 - percent * 10}x{{n}}",
        requests("internal"): f"0+{percent * 10}x{{n}}",
    }
    fires = tuple(labels(alert, window) for window in windows)
    return Case(alert, f"{percent} % of the requests fail", changes, fires, minutes)


def slow(percent: float, minutes: int, *windows: str) -> Case:
    alert = "WikiDigestLatencyBudgetBurn"
    changes: dict[str, str | None] = {seconds("1.0"): f"0+{1000 - percent * 10}x{{n}}"}
    fires = tuple(labels(alert, window) for window in windows)
    return Case(alert, f"{percent} % of the answers are slow", changes, fires, minutes)


CASES = [
    failing(2, 30, "1h", "6h"),
    failing(1, 30, "6h"),
    failing(0.4, 420, "1d", "3d"),
    failing(0.2, 420, "3d"),
    failing(0.05, 420),
    silent("WikiDigestErrorBudgetBurn", "clients are wrong", {requests("bad-term"): "0+9000x{n}"}),
    slow(80, 30, "1h", "6h"),
    slow(20, 420, "1d", "3d"),
    slow(10, 420, "3d"),
    slow(4, 420),
    silent(
        "WikiDigestLatencyBudgetBurn",
        "all answers come from the cache",
        {DURATIONS: None, seconds("1.0"): None},
    ),
    firing(
        "WikiDigestNoReadyWorker",
        "KubeRay finds no worker, and no replica is scraped",
        {READY: "1 1 stale", NOT_READY: "_ _ 1+0x{n}", BUILD: "1 1 stale"},
    ),
    silent("WikiDigestNoReadyWorker", "the operator is not scraped", {READY: None}),
    firing("WikiDigestMetricsMissing", "no replica is scraped", {BUILD: "1 1 stale"}),
    silent(
        "WikiDigestMetricsMissing",
        "an upgrade replaces the replica",
        {BUILD: "1 1 stale _ 1+0x{n}"},
    ),
    firing(
        "WikiDigestMetricsMissing",
        "nobody may scrape: that says nothing of the head",
        {BUILD: "stale", HEAD_MEMORY: "stale"},
    ),
    firing("WikiDigestHeadDown", "the head is not scraped", {HEAD_MEMORY: "1 1 stale"}),
    silent(
        "WikiDigestHeadDown",
        "an upgrade starts another head first",
        {
            HEAD_MEMORY: "1 1 1 stale",
            series("ray_node_mem_total", IsHeadNode="true", pod="r-other"): "_ _ 1+0x{n}",
        },
    ),
    firing(
        "WikiDigestReplicasUnhealthy",
        "no replica starts",
        {status("Entities"): "6 2+0x{n}"},
    ),
    firing(
        "WikiDigestReplicasUnhealthy",
        "a replica starts, and dies again and again",
        {status("Entities"): "6 2 6 2 6 2 6 2 6 2 6+0x{n}"},
    ),
    silent(
        "WikiDigestReplicasUnhealthy",
        "a replica is replaced within a minute",
        {status("Entities"): "6 6 2 6+0x{n}"},
    ),
    firing(
        "WikiDigestUpgradeFailed",
        "a replica of the new version does not start",
        {APPLICATION: "6 5 5 1+0x{n}", status("Entities"): "6 3 3 1+0x{n}"},
    ),
    silent(
        "WikiDigestUpgradeFailed",
        "all replicas are replaced",
        {APPLICATION: "6 5 5 5 6+0x{n}", status("Entities"): "6 3 3 3 6+0x{n}"},
    ),
    firing("WikiDigestUpgradeStuck", "a new cluster does not start", {UPGRADING: ALWAYS}),
    firing(
        "WikiDigestUpgradeStuck",
        "new replicas find no room",
        {APPLICATION: "5+0x{n}", status("Entities"): "3+0x{n}"},
    ),
    silent("WikiDigestUpgradeStuck", "a cluster is replaced", {UPGRADING: "1+0x10 stale"}),
    firing("WikiDigestMemoryNearLimit", "a pod uses 95 %", {USED: "1900+0x{n}"}),
    silent("WikiDigestMemoryNearLimit", "a pod uses 85 %", {USED: "1700+0x{n}"}),
    firing("WikiDigestQueueSaturated", "all slots are taken", {IN_PROGRESS: "250+0x{n}"}),
    firing("WikiDigestQueueSaturated", "2 % are refused", {REFUSED: "0+40x{n}"}),
    silent(
        "WikiDigestQueueSaturated", "a burst takes all slots", {IN_PROGRESS: "8 8 256 256 8+0x{n}"}
    ),
    firing("WikiDigestDegraded", "a stage fails", {missing("entities", "failed"): "0+100x{n}"}),
    silent(
        "WikiDigestDegraded",
        "a model does not read the language",
        {missing("entities", "declined"): "0+500x{n}"},
    ),
    firing(
        "WikiDigestSourceFailing",
        "the wiki fails, which uses the error budget too",
        {requests("source-failed"): "0+100x{n}"},
        labels("WikiDigestErrorBudgetBurn", "1h"),
        labels("WikiDigestErrorBudgetBurn", "6h"),
    ),
    silent(
        "WikiDigestSourceFailing",
        "the wiki fails for a minute",
        {requests("source-failed"): "0+0x60 300+0x{n}"},
        minutes=90,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_exactly_this_alert_fires(case: Case, tmp_path: Path) -> None:
    samples = [{"labels": labels, "value": 1} for labels in case.fires]
    fired = 'group by (alertname, window) (count_over_time(ALERTS{alertstate="firing"}[30d]))'
    expected = {"expr": fired, "eval_time": f"{case.minutes}m", "exp_samples": samples}
    rules = promtool.written(tmp_path)
    done = promtool.tested(tmp_path, case.input_series(), [expected], rules)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_rules_are_valid(tmp_path: Path) -> None:
    done = promtool.run("check", "rules", promtool.written(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_chart_and_the_command_have_the_same_objectives() -> None:
    slo = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))["metrics"]["slo"]
    assert Objectives(slo["availability"], slo["latency"]["seconds"]) == Objectives()
    assert slo["latency"]["target"] == QUANTILE


def test_the_rules_count_requests_and_failures_as_the_command_does() -> None:
    selector = ",".join(f'{name}="{value}"' for name, value in RELEASE.items())
    recorded = {rule.get("record"): rule["expr"] for rule in promtool.rules()}
    requests, failures, _ = (q.replace("increase", "rate") for q in queries("5m", selector))
    assert recorded["wiki_digest:requests:rate5m"] == requests
    assert recorded["wiki_digest:failures:rate5m"] == failures


def test_every_alert_has_a_firing_case_for_each_window_and_a_silent_case() -> None:
    alerts = [rule for rule in promtool.rules() if "alert" in rule]
    windows = {labels(one["alert"], one["labels"].get("window", "")) for one in alerts}
    assert windows == {fired for case in CASES for fired in case.fires}
    assert {one["alert"] for one in alerts} == {case.alert for case in CASES if not case.fires}
