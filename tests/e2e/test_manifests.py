"""The plain manifests, without Helm."""

from collections.abc import Iterator

import pytest

from tests.e2e.support import MEDIUM_S, ROOT, Served, namespace, run
from tests.e2e.test_chart import serves
from tests.support.eventually import eventually

FOLDER = ROOT / "deploy" / "kuberay"


@pytest.fixture(scope="module")
def applied(cluster: str) -> Iterator[Served]:
    """The applied manifests, in their own namespace."""
    name = namespace()
    apply(name)
    yield Served(name, cluster, "wiki-digest", "wiki-digest.localhost")
    run("kubectl", "delete", "namespace", name, "--wait=false")


def apply(namespace: str) -> None:
    """As Argo CD does with server-side apply."""
    manager = "--server-side", "--field-manager=argocd-controller"
    run("kubectl", "apply", *manager, "--namespace", namespace, "-f", FOLDER / "rayservice.yaml")


def generations(served: Served) -> set[str]:
    """The objects of the manifests, and how often each has changed."""
    columns = "custom-columns=KIND:.kind,NAME:.metadata.name,TIMES:.metadata.generation"
    words = ["kubectl", "get", "--namespace", served.namespace, "--output", columns]
    return set(run(*words, "-f", FOLDER / "rayservice.yaml").splitlines())


def test_unchanged_manifests_serve_digests(applied: Served) -> None:
    applied.wait()
    eventually("the ingress routes traffic to the release", applied.answers, MEDIUM_S)
    serves(applied)


def test_manifests_that_are_applied_again_change_nothing(applied: Served) -> None:
    """No controller has taken one of their fields."""
    before = generations(applied)
    apply(applied.namespace)
    assert generations(applied) == before
