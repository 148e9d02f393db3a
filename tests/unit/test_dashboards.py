"""The dashboards of the chart, which `make generate` builds from code."""

from pathlib import Path

import pytest
import yaml

from app.metrics.kinds import Histogram
from app.metrics.table import METRICS
from tests.support import promtool
from tests.support.chart import needs_helm
from tests.support.expressions import (
    FOLDER,
    METRIC,
    NOT_ON_A_LAPTOP,
    OF_GPUS,
    boards,
    chosen,
    metrics,
    of_panels,
    of_variables,
    panels,
)
from tools.dashboards.__main__ import main
from tools.dashboards.panels import RELEASE, SERVICE

EXPRESSIONS = dict(of_panels())
PARTS = ("_bucket", "_count")


def test_the_files_are_what_the_code_builds(tmp_path: Path) -> None:
    (tmp_path / "old.json").touch()
    main(tmp_path)
    expected = {file.name: file.read_text("utf-8") for file in tmp_path.iterdir()}
    assert expected == {file.name: file.read_text("utf-8") for file in FOLDER.iterdir()}


def test_each_dashboard_has_an_address_of_its_own() -> None:
    assert len({board["uid"] for board in boards().values()}) == len(boards()) == 3


@pytest.mark.parametrize("name", boards())
def test_each_panel_says_what_it_shows(name: str) -> None:
    for panel in panels(boards()[name]):
        assert panel["title"]
        assert panel["description"].endswith(".")


@pytest.mark.parametrize("name", boards())
def test_no_row_of_panels_is_wider_than_the_page(name: str) -> None:
    for panel in panels(boards()[name]):
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24


@pytest.mark.parametrize("name", boards())
def test_a_dashboard_lists_namespaces_and_their_releases(name: str) -> None:
    listed = {where: e for where, e in of_variables() if where.startswith(name)}
    info = "ray_wiki_digest_build_info"
    assert listed == {
        f"{name}, $namespace": f'{info}{{namespace!="",}}',
        f"{name}, $release": f'{info}{{app_kubernetes_io_instance!="",namespace="$namespace"}}',
    }


@pytest.mark.parametrize("expression", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_a_panel_shows_the_chosen_release_only(expression: str) -> None:
    used = METRIC.findall(expression)
    chosen = expression.count(f"{{{RELEASE}") + expression.count(f"{{{SERVICE}")
    assert len(used) == chosen > 0


@pytest.mark.parametrize("expression", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_a_panel_uses_only_metrics_of_the_app_that_exist(expression: str) -> None:
    known = {metric.exported for metric in METRICS}
    known |= {f"{m.exported}{part}" for m in METRICS if isinstance(m, Histogram) for part in PARTS}
    assert {name for name in metrics(expression) if name.startswith("ray_wiki_digest_")} <= known


@needs_helm
def test_panels_use_only_series_that_the_rules_record() -> None:
    recorded = {rule["record"] for rule in promtool.rules() if "record" in rule}
    used = {name for expression in EXPRESSIONS.values() for name in metrics(expression)}
    assert {name for name in used if name.startswith("wiki_digest:")} <= recorded


def test_each_metric_of_the_app_is_on_a_panel() -> None:
    used = {name for expression in EXPRESSIONS.values() for name in metrics(expression)}
    for metric in METRICS:
        names = {metric.exported, *(f"{metric.exported}{part}" for part in PARTS)}
        assert names & used, metric.name


KUBERAY = 'namespace="default",name="r-wiki-digest'
OF_RELEASE = 'namespace="default",app_kubernetes_io_instance="r"'
GPU = f'{OF_RELEASE},ip="10.0.0.1",GpuIndex="0"'
IN_A_CLUSTER = {
    f'kuberay_service_condition_ready{{{KUBERAY}",condition="true"}}': 1,
    f'kuberay_service_condition_upgrade_in_progress{{{KUBERAY}",condition="false"}}': 1,
    f'kuberay_cluster_info{{{KUBERAY}-abcde"}}': 1,
    f'kuberay_cluster_provisioned_duration_seconds{{{KUBERAY}-abcde"}}': 30,
    f"ray_node_gpus_utilization{{{GPU}}}": 50,
    f"ray_node_gram_used{{{GPU}}}": 1000,
    f'autoscaler_active_nodes{{{OF_RELEASE},NodeType="cpu"}}': 2,
    f'autoscaler_pending_nodes{{{OF_RELEASE},NodeType="cpu"}}': 1,
    f'autoscaler_cluster_resources{{{OF_RELEASE},resource="CPU"}}': 4,
    f'autoscaler_pending_resources{{{OF_RELEASE},resource="CPU"}}': 2,
    f"ray_dashboard_event_loop_lag_seconds{{{OF_RELEASE}}}": 0.5,
}
ONE_GPU = '{GpuIndex="0",ip="10.0.0.1"}'
SHOWN = {
    "Ready, A": ("{}", 1),
    "Upgrading, A": ("{}", 0),
    "Clusters, A": ("{}", 1),
    "Start of the cluster, A": ("{}", 30),
    "GPUs, A": (ONE_GPU, 50),
    "Memory of GPUs, A": (ONE_GPU, 1000),
    "Nodes by group, A": ('{NodeType="cpu"}', 2),
    "Nodes by group, B": ('{NodeType="cpu"}', 1),
    "CPUs of the cluster, A": ("{}", 4),
    "CPUs of the cluster, B": ("{}", 2),
    "Control loops, B": ("{}", 0.5),
}
"""What panels show of series that `serve` lacks; tests/graph/test_prometheus.py has the others."""


def test_a_panel_on_what_a_laptop_lacks_shows_its_series(tmp_path: Path) -> None:
    titled = {where.split(", ", 1)[1]: one for where, one in EXPRESSIONS.items()}
    lacked = NOT_ON_A_LAPTOP | OF_GPUS
    assert SHOWN.keys() == {title for title, one in titled.items() if metrics(one) & lacked}
    shown = [
        {
            "expr": chosen(titled[title]),
            "eval_time": "1m",
            "exp_samples": [{"labels": labels, "value": value}],
        }
        for title, (labels, value) in SHOWN.items()
    ]
    given = [{"series": one, "values": f"{value}+0x1"} for one, value in IN_A_CLUSTER.items()]
    done = promtool.tested(tmp_path, given, shown, rules=None)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_can_parse_all_expressions(tmp_path: Path) -> None:
    rules = [{"record": "a", "expr": chosen(one)} for one in set(EXPRESSIONS.values())]
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "a", "rules": rules}]}), encoding="utf-8")
    done = promtool.run("check", "rules", "--lint=none", file)
    assert done.returncode == 0, done.stderr
