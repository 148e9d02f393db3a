"""The files for Argo CD and Flux: the health rule in a real Lua, and values for the chart."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from lupa.lua51 import LuaRuntime

from app.config.placement import INCREMENTAL
from app.shell.observation import UP, WITHOUT_TRAFFIC, observe
from tests.support.chart import CHART, ROOT, helm, needs_helm, rendered

RULE = (ROOT / "deploy" / "argocd" / "health.lua").read_text("utf-8")
ARGOCD = ROOT / "deploy" / "argocd" / "application.yaml"
STATUSES = Path(__file__).with_name("rayservices.jsonl")
"""RayServices as KubeRay left them in a run of `make e2e`, and Argo CD's verdict on each."""
FLUX = ROOT / "deploy" / "flux" / "release.yaml"


def condition(kind: str, status: str, reason: str, message: str = "") -> dict[str, str]:
    return {"type": kind, "status": status, "reason": reason, "message": message}


READY = condition("Ready", "True", "NonZeroServeEndpoints")
NO_ENDPOINT = condition("Ready", "False", "ZeroServeEndpoints")
STARTS = condition("Ready", "False", "Initializing")
REFUSED = condition("Ready", "False", "ValidationFailed", "no headGroupSpec")
GAVE_UP = condition("Ready", "False", "InitializingTimeout", "after 300 s")
STEADY = condition("UpgradeInProgress", "False", "NoPendingCluster")
UPGRADES = condition("UpgradeInProgress", "True", "BothActivePendingClustersExist")
RETURNS = condition("RollbackInProgress", "True", "TargetClusterChanged")
NO_CLUSTER = condition("UpgradeInProgress", "Unknown", "NoActiveCluster")


def cluster(name: str, **applications: str) -> dict[str, Any]:
    """A cluster's part of the status; an application is `STATUS` or `STATUS: message`."""
    statuses = {
        app: dict(zip(("status", "message"), text.split(": ", 1), strict=False))
        for app, text in applications.items()
    }
    return {"rayClusterName": name, "applicationStatuses": statuses}


def status(*conditions: dict[str, str], observed: int = 2, **clusters: Any) -> dict[str, Any]:
    """A status of generation 2, in the shape of KubeRay 1.6."""
    parts = {f"{which}ServiceStatus": part for which, part in clusters.items()}
    return {"observedGeneration": observed, "conditions": list(conditions), **parts}


PHASES: dict[str, tuple[dict[str, Any], str, str]] = {
    "created, no operator": ({}, "Progressing", "not observed"),
    "refused by the operator": (
        status(REFUSED, STEADY, observed=1),
        "Degraded",
        "no headGroupSpec",
    ),
    "gave up": (status(GAVE_UP, NO_CLUSTER), "Degraded", "InitializingTimeout: after 300 s"),
    "no pod yet": (
        status(STARTS, NO_CLUSTER, pending=cluster("a")),
        "Progressing",
        "no application",
    ),
    "starts": (
        status(STARTS, NO_CLUSTER, pending=cluster("a", digest="DEPLOYING")),
        "Progressing",
        "digest is DEPLOYING",
    ),
    "a replica cannot start": (
        status(STARTS, NO_CLUSTER, pending=cluster("a", digest="DEPLOY_FAILED: no model")),
        "Degraded",
        "digest cannot be deployed: no model",
    ),
    "runs, not routed to": (
        status(NO_ENDPOINT, STEADY, active=cluster("a", digest="RUNNING")),
        "Progressing",
        "no pod is ready",
    ),
    "serves": (status(READY, STEADY, active=cluster("a", digest="RUNNING")), "Healthy", "all"),
    "a change that was not seen": (
        status(READY, STEADY, observed=1, active=cluster("a", digest="RUNNING")),
        "Progressing",
        "not observed",
    ),
    "replicas are replaced": (
        status(READY, STEADY, active=cluster("a", digest="DEPLOYING")),
        "Progressing",
        "digest is DEPLOYING",
    ),
    "upgrades": (
        status(
            READY, UPGRADES, active=cluster("a", digest="RUNNING"), pending=cluster("b", digest="")
        ),
        "Progressing",
        "beside the active one",
    ),
    "the new version cannot start": (
        status(
            READY,
            UPGRADES,
            active=cluster("a", digest="RUNNING"),
            pending=cluster("b", digest="DEPLOY_FAILED: no model"),
        ),
        "Degraded",
        "no model",
    ),
    "traffic moves": (
        status(
            READY,
            UPGRADES,
            active=cluster("a", digest="RUNNING"),
            pending=cluster("b", digest="RUNNING") | {"trafficRoutedPercent": 20},
        ),
        "Progressing",
        "20 % of the traffic",
    ),
    "a failed version is turned back": (
        status(
            READY,
            UPGRADES,
            RETURNS,
            active=cluster("a", digest="RUNNING"),
            pending=cluster("b", digest="DEPLOY_FAILED: no model") | {"trafficRoutedPercent": 20},
        ),
        "Progressing",
        "20 % of the traffic",
    ),
    "unhealthy": (
        status(READY, STEADY, active=cluster("a", digest="UNHEALTHY")),
        "Progressing",
        "digest is UNHEALTHY",
    ),
}


RECORDED = [json.loads(line) for line in STATUSES.read_text("utf-8").splitlines()]
SERVICES = [
    *({"metadata": {"generation": 2}, "status": state} for state, _, _ in PHASES.values()),
    *(recorded["service"] for recorded in RECORDED),
]


def health(service: dict[str, Any]) -> dict[str, str]:
    """What the rule says of a RayService, which it reads as the global `obj`, as in Argo CD."""
    lua = LuaRuntime(unpack_returned_tuples=True)
    lua.globals()["obj"] = lua.table_from(json.loads(json.dumps(service)), recursive=True)
    return dict(lua.execute(RULE).items())


@pytest.mark.parametrize("phase", PHASES)
def test_argocd_judges_each_phase(phase: str) -> None:
    state, verdict, said = PHASES[phase]
    found = health({"metadata": {"generation": 2}, "status": state})
    assert found["status"] == verdict
    assert said in found["message"]


@pytest.mark.parametrize("recorded", RECORDED)
def test_argocd_judges_each_status_of_a_run_of_make_e2e(recorded: dict[str, Any]) -> None:
    assert health(recorded["service"])["status"] == recorded["verdict"]


@pytest.mark.parametrize("service", SERVICES)
def test_argocd_and_wait_agree(service: dict[str, Any]) -> None:
    """The rule is a second implementation of `observe`, in the language of Argo CD."""
    seen = observe(service)
    expected = "Healthy" if seen == UP else "Degraded" if seen.fault else "Progressing"
    assert health(service)["status"] == expected


def test_argocd_and_wait_agree_on_an_operator_without_the_feature_gate() -> None:
    service = {
        "metadata": {"generation": 2},
        "spec": {"upgradeStrategy": {"type": INCREMENTAL}},
        "status": PHASES["serves"][0],
    }
    assert observe(service) == WITHOUT_TRAFFIC
    assert "feature gate" in health(service)["message"]


def test_argocd_judges_an_object_without_a_status() -> None:
    assert health({"metadata": {"generation": 1}})["status"] == "Progressing"


@needs_helm
def test_the_chart_accepts_the_values_of_argocd_and_its_rayservice_comes_last() -> None:
    (application,) = yaml.safe_load_all(ARGOCD.read_text("utf-8"))
    source = application["spec"]["source"]
    service = rendered(*_settings(source["helm"]["valuesObject"]))["RayService"]
    assert service["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"] == "1"
    assert source["targetRevision"] == _version()
    assert source["helm"]["valuesObject"]["faultTolerance"]["existingSecret"]


@needs_helm
def test_the_chart_accepts_the_values_of_flux() -> None:
    repository, release = yaml.safe_load_all(FLUX.read_text("utf-8"))
    assert helm(*_settings(release["spec"]["values"])).stderr == ""
    assert repository["spec"]["ref"]["tag"] == _version()


def _settings(values: dict[str, Any]) -> list[str]:
    return [f"{name}={json.dumps(value)}" for name, value in values.items()]


def _version() -> str:
    return str(yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))["version"])
