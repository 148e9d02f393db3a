"""Each pod of the chart takes each of the values that a pod has."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.chart import FILES, helm, needs_helm, pods, rendered
from tools.chart_pods import PodValues

METADATA = ("labels", "annotations")
OF_CONTAINER = ("env", "envFrom", "resources", "securityContext", "volumeMounts")
ELSEWHERE = {"podSecurityContext": "securityContext", "sidecars": "containers"}
"""What has another name in a pod than in the values."""
PLACES = {"head": 0, "workers.cpu": 1}
ACCOUNTS = {
    "head": "head",
    "workers.cpu": "workers-cpu",
    "faultTolerance.redis": "redis",
    "models.fill": "models",
    "helmTest": "test",
}
"""The ends of the names of their own accounts."""
ROLE = {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/digest"}
ALL_PODS = (
    "faultTolerance.enabled=true",
    'models={"claim": "models", "fill": {"enabled": true}}',
)
VALUES: dict[str, Any] = {
    "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {}}},
    "annotations": {"example.org/a": "b"},
    "dnsConfig": {"options": [{"name": "ndots", "value": "2"}]},
    "dnsPolicy": "Default",
    "env": [{"name": "TZ", "value": "UTC"}],
    "envFrom": [{"configMapRef": {"name": "some"}}],
    "hostAliases": [{"ip": "192.0.2.1", "hostnames": ["wiki.internal"]}],
    "initContainers": [{"name": "before", "image": "some:1"}],
    "labels": {"example.org/c": "d"},
    "nodeSelector": {"pool": "small"},
    "podSecurityContext": {"runAsUser": 1001},
    "priorityClassName": "high",
    "resourceClaims": [{"name": "gpu", "resourceClaimTemplateName": "gpu"}],
    "resources": {
        "requests": {"cpu": "10m", "memory": "2Gi", "ephemeral-storage": "1Gi"},
        "limits": {"memory": "3Gi"},
        "claims": [{"name": "gpu"}],
    },
    "runtimeClassName": "gvisor",
    "schedulerName": "volcano",
    "securityContext": {"privileged": False},
    "serviceAccountName": "somebody",
    "sidecars": [{"name": "beside", "image": "some:1"}],
    "tolerations": [{"key": "pool", "operator": "Exists"}],
    "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone"}],
    "volumeMounts": [{"name": "certs", "mountPath": "/certs"}],
    "volumes": [{"name": "certs", "emptyDir": {}}],
}


def pod(name: str, *settings: str) -> dict[str, Any]:
    """This pod of a release that has all of them."""
    made = rendered(*ALL_PODS, *settings)
    if name in PLACES:
        return pods(made["RayService"])[PLACES[name]]
    kind = {"faultTolerance.redis": "Deployment", "models.fill": "Job", "helmTest": "Pod"}[name]
    return dict(made[kind] if kind == "Pod" else made[kind]["spec"]["template"])


def accounts(*settings: str) -> dict[str, dict[str, Any]]:
    """The metadata of the accounts that such a release makes, by name."""
    done = helm(*ALL_PODS, *settings)
    assert done.returncode == 0, done.stderr
    made = [one for one in yaml.safe_load_all(done.stdout) if one]
    found = [one["metadata"] for one in made if one["kind"] == "ServiceAccount"]
    return {one["name"]: one for one in found}


def holds(found: Any, wanted: Any) -> bool:
    """Whether all that is wanted is there, beside other keys and items."""
    if isinstance(wanted, dict):
        return all(holds(found[key], value) for key, value in wanted.items())
    if isinstance(wanted, list):
        return all(item in found for item in wanted)
    return bool(found == wanted)


@needs_helm
@pytest.mark.parametrize("key", VALUES)
@pytest.mark.parametrize("name", ACCOUNTS)
def test_a_pod_has_what_the_values_set(name: str, key: str) -> None:
    made = pod(name, f"{name}.{key}={json.dumps(VALUES[key])}")
    if key in METADATA:
        assert holds(made["metadata"][key], VALUES[key])
        return
    (main, *_) = made["spec"]["containers"]
    part = main if key in OF_CONTAINER else made["spec"]
    assert holds(part[ELSEWHERE.get(key, key)], VALUES[key])


def test_no_value_of_a_pod_is_left_out() -> None:
    assert {*VALUES, "serviceAccountAnnotations"} == names()


def names() -> set[str]:
    """All values of a pod."""
    return {field.alias or name for name, field in PodValues.model_fields.items()}


@pytest.mark.parametrize("pod", ACCOUNTS)
def test_each_value_of_a_pod_is_in_a_file_that_make_e2e_validates(pod: str) -> None:
    """On a server, strictly. It refuses a pod, as that of `helm test`, whose class is not there."""
    given = {key for file in FILES for key in given_in(file, pod)}
    missing = {"runtimeClassName", "priorityClassName", "serviceAccountAnnotations"}
    assert names() - given == (missing if pod == "helmTest" else set())


def given_in(file: Path, pod: str) -> Iterable[str]:
    """The values of a pod that a file sets."""
    found: Any = yaml.safe_load(file.read_text("utf-8")) or {}
    for part in pod.split("."):
        found = found.get(part) or {}
    return map(str, found)


@needs_helm
@pytest.mark.parametrize(("name", "account"), ACCOUNTS.items())
def test_a_pod_has_an_account_of_its_own_with_the_annotations_of_the_values(
    name: str, account: str
) -> None:
    setting = f"{name}.serviceAccountAnnotations={json.dumps(ROLE)}"
    own = f"r-wiki-digest-{account}"
    assert holds(accounts(setting)[own]["annotations"], ROLE)
    assert pod(name, setting)["spec"]["serviceAccountName"] == own


@needs_helm
@pytest.mark.parametrize("name", ACCOUNTS)
def test_annotations_for_a_given_account_are_refused(name: str) -> None:
    given = f"{name}.serviceAccountAnnotations={json.dumps(ROLE)}"
    done = helm(f'{name}.serviceAccountName="somebody"', given)
    assert f"{name}.serviceAccountAnnotations: set only one of them" in done.stderr


@needs_helm
@pytest.mark.parametrize("name", ACCOUNTS)
def test_a_given_account_is_not_made(name: str) -> None:
    assert "somebody" not in accounts(f'{name}.serviceAccountName="somebody"')


@needs_helm
def test_the_account_of_the_job_is_made_before_it() -> None:
    made = accounts(f"models.fill.serviceAccountAnnotations={json.dumps(ROLE)}")
    hook = made["r-wiki-digest-models"]["annotations"]
    assert hook["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert hook["helm.sh/hook-weight"] == "-1"


@needs_helm
@pytest.mark.parametrize(
    ("name", "setting", "container"),
    [
        ("head", "logging.resources", "logs"),
        ("workers.cpu", "logging.resources", "logs"),
        ("faultTolerance.redis", "faultTolerance.redis.passwordResources", "password"),
    ],
)
def test_a_container_beside_the_main_one_has_resources_of_its_own(
    name: str, setting: str, container: str
) -> None:
    made = pod(name, f'{setting}={{"limits": {{"cpu": "30m"}}}}')
    (found,) = [one for one in made["spec"]["initContainers"] if one["name"] == container]
    assert found["resources"]["limits"]["cpu"] == "30m"


@needs_helm
def test_the_autoscaler_has_resources_of_its_own() -> None:
    made = rendered("workers.cpu.minReplicas=1", 'autoscaler.resources={"limits": {"cpu": "30m"}}')
    cluster = made["RayService"]["spec"]["rayClusterConfig"]
    assert cluster["autoscalerOptions"]["resources"]["limits"]["cpu"] == "30m"


@needs_helm
@pytest.mark.parametrize("key", ["livenessProbe", "startupProbe"])
def test_redis_has_the_probes_of_the_values(key: str) -> None:
    probe = {"exec": {"command": ["true"]}, "timeoutSeconds": 3}
    made = pod("faultTolerance.redis", f"faultTolerance.redis.{key}={json.dumps(probe)}")
    assert holds(made["spec"]["containers"][0][key], probe)


@needs_helm
@pytest.mark.parametrize(
    "probe",
    [
        "head.readinessProbe",
        "head.livenessProbe",
        "workers.cpu.startupProbe",
        "faultTolerance.redis.livenessProbe",
    ],
)
def test_a_probe_that_replaces_another_is_refused_with_numbers_only(probe: str) -> None:
    done = helm(f"{probe}.timeoutSeconds=3")
    assert f"{probe} has no exec, grpc, httpGet or tcpSocket" in done.stderr


@needs_helm
def test_the_readiness_probe_of_redis_keeps_what_the_values_leave_out() -> None:
    made = pod("faultTolerance.redis", "faultTolerance.redis.readinessProbe.timeoutSeconds=3")
    probe = made["spec"]["containers"][0]["readinessProbe"]
    assert probe == {"tcpSocket": {"port": "redis"}, "periodSeconds": 2, "timeoutSeconds": 3}


@needs_helm
def test_the_size_of_tmp_is_a_value() -> None:
    volumes = pod("head", 'tmpSizeLimit="3Gi"')["spec"]["volumes"]
    assert {"name": "tmp", "emptyDir": {"sizeLimit": "3Gi"}} in volumes


@needs_helm
def test_the_time_of_the_job_is_a_value() -> None:
    made = rendered('models={"claim": "models", "fill": {"enabled": true, "deadlineSeconds": 60}}')
    assert made["Job"]["spec"]["activeDeadlineSeconds"] == 60
