"""The plain manifests, without Helm."""

from collections.abc import Iterator

import pytest

from tests.e2e.support import MEDIUM_S, ROOT, Served, namespace, run
from tests.e2e.test_chart import serves
from tests.support.eventually import eventually

FOLDER = ROOT / "deploy" / "kuberay"


@pytest.fixture
def applied(cluster: str) -> Iterator[Served]:
    """The applied manifests, in their own namespace."""
    name = namespace()
    run("kubectl", "apply", "--namespace", name, "-f", FOLDER / "rayservice.yaml")
    yield Served(name, cluster, "wiki-digest", "wiki-digest.localhost")
    run("kubectl", "delete", "namespace", name, "--wait=false")


def test_unchanged_manifests_serve_digests(applied: Served) -> None:
    applied.wait()
    eventually("the ingress routes traffic to the release", applied.answers, MEDIUM_S)
    serves(applied)
