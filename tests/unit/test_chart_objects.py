"""Strict validation of what the chart renders, as an API server does it, without one."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from cloudcoil.models.prometheus_operator import v1
from pydantic import ValidationError

from tests.support.chart import (
    CHART,
    FILES,
    needs_helm,
    pods,
    render,
    rendered,
    service,
    template,
)
from tests.support.kubernetes_fields import faults, needs_crds, needs_gateway_crds

KUBERNETES = ("apps/v1", "batch/v1", "networking.k8s.io/v1", "policy/v1", "v1")
METRICS = CHART / "ci" / "metrics-values.yaml"
POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}


def objects(file: Path) -> list[dict[str, Any]]:
    """All objects that a file of values makes."""
    done = template("-f", file)
    assert done.returncode == 0, done.stderr
    return [made for made in yaml.safe_load_all(done.stdout) if made]


@needs_helm
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_kubernetes_knows_each_field(file: Path) -> None:
    """It would refuse an unknown one, or drop it."""
    made = [one for one in objects(file) if one["apiVersion"] in KUBERNETES]
    assert made
    assert [fault for one in made for fault in faults(one)] == []


@needs_crds
@needs_helm
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_kuberay_knows_each_field(file: Path) -> None:
    """By the schema of its CRD, which contains that of pods."""
    assert faults(service(file)) == []


@needs_gateway_crds
@needs_helm
@pytest.mark.parametrize("file", ["httproute-values.yaml", "httproute-rules-values.yaml"])
def test_the_gateway_api_knows_each_field(file: str) -> None:
    (route,) = [one for one in objects(CHART / "ci" / file) if one["kind"] == "HTTPRoute"]
    assert faults(route) == []


@needs_gateway_crds
@needs_helm
def test_a_misspelt_field_of_a_route_is_named() -> None:
    file = json.dumps({"enabled": True, "parentRefs": [{"name": "a"}], "matches": [{"hedrs": []}]})
    assert faults(rendered(f"httpRoute={file}")["HTTPRoute"]) == [
        "HTTPRoute.spec.rules[0].matches[0].hedrs is unknown"
    ]


@needs_helm
def test_the_prometheus_operator_knows_each_field() -> None:
    made = [o for o in objects(METRICS) if o["apiVersion"] == "monitoring.coreos.com/v1"]
    assert [one["kind"] for one in made] == ["PodMonitor", "PodMonitor", "PrometheusRule"]
    for one in made:
        getattr(v1, one["kind"]).model_validate(one, extra="forbid")


@needs_helm
def test_a_misspelt_field_of_a_pod_monitor_is_named() -> None:
    (made, *_) = [one for one in objects(METRICS) if one["kind"] == "PodMonitor"]
    made["spec"]["podMetricsEndpoints"][0]["intervall"] = "15s"
    with pytest.raises(ValidationError, match=r"spec\.podMetricsEndpoints\.0\.intervall\n"):
        v1.PodMonitor.model_validate(made, extra="forbid")


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"containers": [{"name": "a", "imag": "b"}]}, ["Pod.spec.containers[0].imag is unknown"]),
        ({"containers": [], "nodeSelector": {"a": 1}}, ["Pod.spec.nodeSelector.a is not str"]),
        ({"containers": {}}, ["Pod.spec.containers is not list"]),
        ({"containers": [], "hostNetwork": 1}, ["Pod.spec.hostNetwork is not bool"]),
    ],
)
def test_a_misspelt_field_is_named(spec: dict[str, Any], expected: list[str]) -> None:
    assert faults(POD | {"spec": spec}) == expected


@needs_crds
@needs_helm
@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("head.affinity.podAfinity={}", ".affinity.podAfinity is unknown"),
        ('head.hostAliases=[{"ip": 1}]', ".hostAliases[0].ip is not str"),
        ("rayService.spec.rayClusterConfig.rayVerson=2", "rayClusterConfig.rayVerson is unknown"),
        ("workers.cpu.groupSpec.maxReplica=3", "workerGroupSpecs[0].maxReplica is unknown"),
    ],
)
def test_a_misspelt_field_of_a_value_that_kuberay_defines_is_named(
    setting: str, expected: str
) -> None:
    (fault,) = faults(rendered(setting)["RayService"])
    assert fault.endswith(expected)


@needs_helm
@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("head.dnsConfg={}", "'dnsConfg' not allowed"),
        ("workers.cpu.resources.request={}", "'request' not allowed"),
        ("autoscaler.resources.request={}", "'request' not allowed"),
        ("logging.resources.request={}", "'request' not allowed"),
        ("models.fill.tolerance=[]", "'tolerance' not allowed"),
        ("helmTest.nodeSelectr={}", "'nodeSelectr' not allowed"),
        ("rayService.label={}", "'label' not allowed"),
        ("serviceAccount.anotations={}", "'anotations' not allowed"),
        ("head.objectStoreBytes=1000", "/head/objectStoreBytes': minimum: got 1,000"),
        ('head.shmSize="much"', "/head/shmSize"),
    ],
)
def test_a_misspelt_value_of_a_pod_is_refused(setting: str, said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        rendered(setting)


@needs_helm
def test_what_the_values_merge_into_the_spec_has_the_last_word() -> None:
    """Lists of objects with names are merged, others are replaced, and null removes a key."""
    head = {
        "rayStartParams": {"num-cpus": "1"},
        "template": {
            "spec": {
                "terminationGracePeriodSeconds": None,
                "containers": [{"name": "ray-head", "stdin": True}, {"name": "more"}],
                "tolerations": [{"key": "a"}],
            }
        },
    }
    before = rendered()["RayService"]["spec"]["rayClusterConfig"]["headGroupSpec"]
    after = rendered(f"head.groupSpec={json.dumps(head)}")
    made = after["RayService"]["spec"]["rayClusterConfig"]["headGroupSpec"]
    pod, old = made["template"]["spec"], before["template"]["spec"]
    assert made["rayStartParams"] == before["rayStartParams"] | {"num-cpus": "1"}
    assert "terminationGracePeriodSeconds" not in pod
    assert pod["containers"] == [old["containers"][0] | {"stdin": True}, {"name": "more"}]
    assert pod["tolerations"] == [{"key": "a"}]


@needs_helm
def test_a_patch_adds_mounts_by_their_paths_and_empties_lists() -> None:
    mount = {"name": "tmp", "mountPath": "/cache", "subPath": "cache"}
    container = {"name": "ray-head", "volumeMounts": [mount]}
    spec = {"containers": [container], "volumes": [], "tolerations": []}
    before = pods(rendered()["RayService"])[0]["spec"]["containers"][0]
    patch = {"template": {"spec": spec}}
    made = pods(rendered(f"head.groupSpec={json.dumps(patch)}")["RayService"])[0]["spec"]
    assert made["containers"][0] == before | {"volumeMounts": [*before["volumeMounts"], mount]}
    assert (made["volumes"], made["tolerations"]) == ([], [])


@needs_helm
@pytest.mark.parametrize(
    ("setting", "path"),
    [
        ("rayService.spec.excludeHeadPodFromServeSvc=null", "excludeHeadPodFromServeSvc"),
        ("rayService.spec.rayClusterConfig.authOptions=null", "rayClusterConfig.authOptions"),
        ("head.groupSpec.rayStartParams=null", "rayClusterConfig.headGroupSpec.rayStartParams"),
        ("workers.cpu.groupSpec.labels=null", "rayClusterConfig.workerGroupSpecs.0.labels"),
    ],
)
def test_null_in_a_patch_removes_a_key_at_any_depth(setting: str, path: str) -> None:
    *parents, key = path.split(".")

    def holder(*settings: str) -> dict[str, Any]:
        part: Any = rendered(*settings)["RayService"]["spec"]
        for name in parents:
            part = part[int(name) if name.isdigit() else name]
        return dict(part)

    plain = holder()
    del plain[key]
    assert holder(setting) == plain


@needs_helm
def test_a_token_that_is_made_while_rendering_differs() -> None:
    first, second = (render("--set", "auth.create=true").stdout for _ in range(2))
    assert first != second


@needs_helm
def test_a_patch_changes_nothing_else() -> None:
    plain = rendered()["RayService"]
    patched = rendered('rayService.spec={"upgradeStrategy": {"type": "None"}}')["RayService"]
    plain["spec"]["upgradeStrategy"] = {"type": "None"}
    assert patched == plain


@needs_helm
def test_openshift_may_choose_the_user() -> None:
    """Its admission refuses a user outside the range of the namespace."""
    for part in objects(CHART / "ci" / "openshift-values.yaml"):
        assert not {"runAsUser", "runAsGroup", "fsGroup"} & _keys(part)


def _keys(node: Any) -> set[str]:
    if isinstance(node, list):
        return set().union(*map(_keys, node))
    if not isinstance(node, dict):
        return set()
    return set(node) | set().union(*map(_keys, node.values()))
