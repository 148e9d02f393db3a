"""The plain manifests, for people who do not use Helm."""

from collections.abc import Iterator

import pytest

from tests.e2e.support import ROOT, SHORT_S, Served, eventually, namespace, run
from tests.e2e.test_chart import serves

FOLDER = ROOT / "deploy" / "kuberay"


@pytest.fixture
def applied(cluster: str) -> Iterator[Served]:
    """What the manifests make, in a namespace of its own."""
    name = namespace()
    run("kubectl", "apply", "--namespace", name, "-f", FOLDER / "rayservice.yaml")
    yield Served(name, cluster, "wiki-digest", "wiki-digest.localhost")
    run("kubectl", "delete", "namespace", name, "--wait=false")


def test_they_serve_digests(applied: Served) -> None:
    """As they are, without a change."""
    applied.wait()
    eventually("the ingress leads to it", applied.answers, SHORT_S)
    serves(applied)
