"""The chart on a real cluster: install, request through an ingress, uninstall."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client

from tests.e2e.conftest import CLUSTER
from tests.e2e.support import (
    LONG_S,
    MEDIUM_S,
    ROOT,
    SHORT_S,
    Release,
    Served,
    run,
    said_in_a_pod,
    tried,
)
from tests.support.eventually import eventually

CI = ROOT / "deploy" / "helm" / "wiki-digest" / "ci"
NO_MONITORS = "metrics.podMonitor.enabled=false,metrics.rules.enabled=false"
"""Their kinds are the Prometheus operator's, which the cluster does not have."""
ACCOUNT = "helmTest.serviceAccountName=default"
"""A pod with an account that is not there yet is refused."""
TEMPLATE = ("helm", "template", "r", "--validate", "--set", f"{NO_MONITORS},{ACCOUNT}")
STRICTLY = ("kubectl", "apply", "--dry-run=server", "--validate=strict", "--filename", "-")
ENDED = ("wait-gcs-ready", "password")
"""Containers that end before their pod serves: KubeRay's, and the one that fills Redis' Secret."""
EMBEDDED = ROOT / "app" / "models" / "embedded"
MODELS = "wiki-digest-models:e2e"
KYOTO = "/v1/digest?term=kyoto"
PORTS = (6379, 8000, 8080, 8265, 8404, 9101, 10001, 44217, 44227)
"""Ports of Ray, its dashboard, HAProxy's statistics, metrics, and the one for requests (8000)."""


@pytest.fixture(scope="module")
def models(cluster: str) -> str:
    """The name of an image with a model, which the nodes have."""
    assert cluster
    made = "FROM scratch\nCOPY sentiment /sentiment\n"
    run("docker", "build", "--tag", MODELS, "--file", "-", EMBEDDED, given=made)
    run("kind", "load", "docker-image", "--name", CLUSTER, MODELS)
    return MODELS


@pytest.fixture(scope="module")
def unreached(release: Release, models: str) -> subprocess.CompletedProcess[str]:
    """What `wait` tells of a release that selects another operator, once its head has started."""
    volume = f'models.image="{models}"', 'settings.sentiment.model="/models/sentiment"'
    release.upgrade(operated_by("another"), *volume)
    eventually("the head is ready", lambda: any(map(is_ready_head, release.pods())), LONG_S)
    return release.waited(SHORT_S)


@pytest.fixture(scope="module")
def installed(unreached: subprocess.CompletedProcess[str], release: Release) -> Release:
    """An installed release that answers."""
    assert unreached.returncode == 1
    release.upgrade(operated_by("kuberay-operator"))
    release.wait()
    eventually("the ingress routes traffic to the release", release.answers, MEDIUM_S)
    return release


def operated_by(component: str) -> str:
    """The value that selects the operator's pods."""
    selected = {"matchLabels": {"app.kubernetes.io/component": component}}
    return f"operator.podSelector={json.dumps(selected)}"


def is_ready_head(pod: Any) -> bool:
    ready = any(one.type == "Ready" and one.status == "True" for one in pod.status.conditions or ())
    return ready and bool(pod.metadata.labels["ray.io/node-type"] == "head")


def test_wait_names_the_selector_of_an_operator_that_cannot_reach_the_head(
    unreached: subprocess.CompletedProcess[str],
) -> None:
    assert "operator.podSelector" in unreached.stderr


def test_the_ingress_serves_all_kinds_of_answers_and_the_page(installed: Release) -> None:
    serves(installed)


def test_workers_load_a_model_from_a_volume_of_an_image(installed: Release) -> None:
    loaded = installed.get("/v1/models").json()["models"]
    assert {one["stage"]: one["model"] for one in loaded}["sentiment"] == "/models/sentiment"


def test_only_the_port_for_requests_can_be_reached_from_outside(installed: Release) -> None:
    for path in ("/api/version", "/api/serve/applications/", "/stats", "/metrics"):
        assert installed.get(path).status_code == 404
    script = " ".join(
        f"(timeout 5 bash -c 'echo > /dev/tcp/{pod.status.pod_ip}/{port}' 2>/dev/null"
        f" && echo {port}) &"
        for pod in installed.pods()
        for port in PORTS
    )
    assert len(installed.pods()) == 3
    assert set(said_in_a_pod(f"{script} wait").split()) == {"8000"}


def test_a_client_that_sends_half_a_header_gets_a_408_of_the_pod(installed: Release) -> None:
    (pod, *_) = installed.ready("worker").values()
    half = f"exec 3<>/dev/tcp/{pod.status.pod_ip}/8000; printf 'GET / HTTP/1.1\\r\\n' >&3"
    assert " 408 " in said_in_a_pod(f"{half}; timeout 20 head -n 1 <&3")


def test_no_container_runs_as_root_or_writes_to_its_root_file_system(installed: Release) -> None:
    assert confined(installed) == {"ray-head", "ray-worker", "logs"}


def test_pods_reach_each_other_but_no_other_namespace_or_kubernetes(installed: Release) -> None:
    worker = min(installed.ready("worker"))
    (head,) = installed.ready("head").values()
    (stranger,) = client.CoreV1Api().list_namespaced_pod("ingress").items
    ways = (head.status.pod_ip, 6379), (stranger.status.pod_ip, 8000), ("kubernetes.default", 443)
    script = "import socket\nfor way in {}:\n try: print(socket.create_connection(way, 3))\n "
    script += "except TimeoutError: print('no way')"
    said = installed.inside(worker, "python3", "-c", script.format(ways)).splitlines()
    assert [line == "no way" for line in said] == [False, True, True]


def test_no_image_was_pulled(installed: Release) -> None:
    events = client.CoreV1Api().list_namespaced_event(installed.namespace).items
    reasons = {event.reason for event in events}
    assert "Pulled" in reasons  # also the event of an image that is present
    assert "Pulling" not in reasons


def test_helm_test_passes(installed: Release) -> None:
    run("helm", "test", installed.name, "--namespace", installed.namespace)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ("settings.sentimet.threshold=0.5", "'sentimet' not allowed"),
        ("settings.digest.deadline_s=60", "requestTimeoutSeconds (40) must be above"),
    ],
)
def test_helm_rejects_an_invalid_value_and_changes_nothing(
    installed: Release, values: str, said: str
) -> None:
    before = installed.cluster()
    assert said in installed.refused(values)
    assert installed.cluster() == before
    assert installed.answers()


def test_the_timeout_header_of_serve_is_ignored(installed: Release) -> None:
    hurried: Any = {"x-request-timeout-seconds": "0.001"}
    assert installed.get(KYOTO, **hurried).ok


def test_an_http_route_can_replace_the_ingress(installed: Release) -> None:
    """For the requests that it matches, and its filters are applied."""
    route: dict[str, Any] = {"enabled": True, "hostnames": [installed.host]}
    route["parentRefs"] = [{"name": "gateway", "namespace": "ingress"}]
    route["matches"] = [{"headers": [{"name": "x-asked", "value": "so"}]}]
    marked = {"set": [{"name": "x-way", "value": "gateway"}]}
    route["filters"] = [{"type": "ResponseHeaderModifier", "responseHeaderModifier": marked}]
    installed.upgrade("ingress.enabled=false")
    eventually("no route leads to the release", lambda: not installed.answers(), MEDIUM_S)
    installed.upgrade("ingress.enabled=false", f"httpRoute={json.dumps(route)}")

    def way() -> str:
        asked: Any = {"x-asked": "so"}
        answer = installed.get("/v1/models", **asked)
        return answer.headers.get("x-way", "") if answer.ok else ""

    eventually("the HTTPRoute routes what it matches", lambda: way() == "gateway", MEDIUM_S)
    assert not installed.answers()
    installed.upgrade("httpRoute.enabled=false")
    eventually("the ingress routes traffic to the release", installed.answers, MEDIUM_S)


def test_wait_reports_a_missing_model_and_the_old_version_still_serves(installed: Release) -> None:
    installed.upgrade('settings.sentiment.model="/nope"')
    ended = installed.waited(LONG_S)
    assert ended.returncode == 1
    assert "sentiment: model '/nope': the folder /nope does not exist" in ended.stderr
    serves(installed)


def test_uninstalling_deletes_all_objects(installed: Release) -> None:
    installed.uninstall()
    eventually("all objects are deleted", lambda: left(installed) == set(), MEDIUM_S)


@pytest.mark.parametrize("file", sorted(CI.glob("*.yaml")), ids=lambda file: file.name)
def test_kubernetes_accepts_the_rendered_chart(cluster: str, chart: Path, file: Path) -> None:
    assert cluster
    run(*STRICTLY, given=run(*TEMPLATE, "--values", file, chart))


def test_kubernetes_names_a_misspelt_field(cluster: str, chart: Path) -> None:
    assert cluster
    misspelt = json.dumps({"podAfinity": {}})
    made = run(*TEMPLATE, "--set-json", f"head.affinity={misspelt}", chart)
    done = tried(*STRICTLY, given=made)
    assert done.returncode != 0
    assert 'template.spec.affinity.podAfinity"' in done.stderr


def serves(served: Served) -> None:
    """Check all kinds of answers."""
    digest = served.get("/v1/digest?term=ada+lovelace").json()
    assert (digest["status"], digest["title"]) == ("ok", "Ada Lovelace")
    assert served.get("/v1/digest?term=black+death").json()["status"] == "rejected"
    assert served.get("/v1/digest?term=zzqqxx").status_code == 404
    assert served.get(f"/v1/digest?term={'x' * 201}").status_code == 422
    assert "<title>wiki-digest</title>" in served.get("/", Accept="text/html").text


def confined(served: Served) -> set[str]:
    """The names of its containers, after checks that none runs as root or writes to its root."""
    users = "for p in /proc/[0-9]*; do stat -c %u $p; done 2>/dev/null | sort -u"
    folders = "/ /opt /opt/wiki-digest /home /var /usr/bin"
    written = f"for f in {folders}; do touch $f/x 2>/dev/null && echo $f; done"
    pods = client.CoreV1Api().list_namespaced_pod(served.namespace).items
    running = [pod for pod in pods if pod.metadata.deletion_timestamp is None]
    names = [
        (pod.metadata.name, part.name)
        for pod in running
        for part in (*(pod.spec.init_containers or ()), *pod.spec.containers)
        if part.name not in ENDED
    ]
    for pod, container in names:
        named = ["kubectl", "exec", pod, "--namespace", served.namespace, "--container", container]
        said = run(*named, "--", "bash", "-c", f"{users}; {written}; true")
        assert said in {"999", "1000"}, f"{pod} {container}: {said}"
    return {container for _, container in names}


def left(served: Served) -> set[str]:
    """The remaining objects of a release, but for pods that drain."""
    kinds = ["all", "secret", "networkpolicy", "poddisruptionbudget", "ingress", "rayservice"]
    kinds += ["raycluster", "configmap", "serviceaccount", "role", "rolebinding"]
    kinds += ["persistentvolumeclaim"]
    listed = run("kubectl", "get", ",".join(kinds), "--namespace", served.namespace, "-o", "json")
    found = [
        (one["kind"], one["metadata"]["name"])
        for one in json.loads(listed)["items"]
        if one["kind"] != "Pod" or "deletionTimestamp" not in one["metadata"]
    ]
    always = {("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default")}
    return {f"{kind} {name}" for kind, name in found if (kind, name) not in always}
