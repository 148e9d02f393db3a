"""The chart on a real cluster: installed, asked through an ingress, and taken away again."""

from kubernetes import client

from tests.e2e.support import (
    LONG_S,
    MEDIUM_S,
    SHORT_S,
    Release,
    eventually,
    run,
    said_in_a_pod,
)

PORTS = (6379, 8000, 8265, 8404, 9101, 10001)
"""Of Ray, of its dashboard, of HAProxy's statistics, and the one for requests."""


def test_a_release_answers_through_the_ingress_and_leaves_nothing_behind(
    release: Release,
) -> None:
    """From `helm install` to `helm uninstall`, as the README has it."""
    release.install()
    eventually("the release is ready", release.ready, LONG_S)
    eventually("the ingress leads to it", release.answers, SHORT_S)
    _serves(release)
    _is_closed(release)
    run("helm", "test", release.name, "-n", release.namespace)
    release.uninstall()
    eventually("nothing is left", lambda: _left(release) == [], MEDIUM_S)


def _serves(release: Release) -> None:
    """All kinds of answers."""
    digest = release.get("/v1/digest?term=ada+lovelace").json()
    assert (digest["status"], digest["title"]) == ("ok", "Ada Lovelace")
    assert release.get("/v1/digest?term=black+death").json()["status"] == "rejected"
    assert release.get("/v1/digest?term=zzqqxx").status_code == 404
    assert release.get(f"/v1/digest?term={'x' * 201}").status_code == 422
    assert "<title>wiki-digest</title>" in release.get("/", Accept="text/html").text


def _is_closed(release: Release) -> None:
    """Ray's own ports cannot be reached from another namespace, the one for requests can."""
    core = client.CoreV1Api()
    pods = core.list_namespaced_pod(release.namespace, label_selector="ray.io/node-type").items
    addresses = [pod.status.pod_ip for pod in pods]
    assert len(addresses) == 3
    script = " ".join(
        f"(timeout 5 bash -c 'echo > /dev/tcp/{address}/{port}' 2>/dev/null && echo {port}) &"
        for address in addresses
        for port in PORTS
    )
    assert set(said_in_a_pod(f"{script} wait").split()) == {"8000"}


def _left(release: Release) -> list[str]:
    """What is still there of a release, but for what every namespace has."""
    kinds = "all,secret,networkpolicy,poddisruptionbudget,ingress,rayservice,raycluster,configmap"
    names = run("kubectl", "get", kinds, "-n", release.namespace, "-o", "name").splitlines()
    return [name for name in names if "kube-root-ca" not in name]
