"""A cluster of kind's for the session, and a namespace for each test.

`KIND_NODE_IMAGE` and `KUBERAY_MANIFEST` (a file) stand in for what a registry would give.
"""

import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from kubernetes import client, config

from tests.e2e.support import LONG_S, MEDIUM_S, NODE_PORT, Release, eventually, run

CLUSTER = "wiki-digest-e2e"
KUBERAY = "github.com/ray-project/kuberay/ray-operator/config/default?ref=v1.6.2"
IMAGES = ("quay.io/kuberay/operator:v1.6.2", "redis:7", "traefik:v3.7")
HERE = Path(__file__).parent
NODES = """
kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
nodes: [{role: control-plane}, {role: worker}, {role: worker}]
"""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Keep the cluster, to look at it or to use it again."""
    parser.addoption("--keep-cluster", action="store_true", help="keep it, and use it again")


@pytest.fixture(scope="session")
def image() -> str:
    """The image that is tested."""
    return os.environ["IMAGE"]


@pytest.fixture(scope="session")
def cluster(
    image: str, pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of its ingress."""
    missing = [tool for tool in ("docker", "kind", "helm", "kubectl") if not shutil.which(tool)]
    assert not missing, f"make e2e needs {', '.join(missing)}"
    keep = pytestconfig.getoption("--keep-cluster")
    folder = tmp_path_factory.mktemp("kube")
    kubeconfig = folder / "config"
    os.environ["KUBECONFIG"] = str(kubeconfig)
    if not (keep and CLUSTER in run("kind", "get", "clusters").split()):
        _create(folder)
    run("kind", "export", "kubeconfig", "--name", CLUSTER)
    config.load_kube_config(str(kubeconfig))
    _load(image)
    _install_what_is_needed()
    yield f"http://{_node_address()}:{NODE_PORT}"
    if not keep:
        run("kind", "delete", "cluster", "--name", CLUSTER)


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was sent and lost in each case."""
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, value in report.user_properties:
            if name == "load" and report.when == "call":
                terminalreporter.write_line(value)


@pytest.fixture(scope="module")
def release(cluster: str) -> Iterator[Release]:
    """A release that can be installed in a namespace of its own, under the restricted standard."""
    name = f"e2e-{secrets.token_hex(3)}"
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    client.CoreV1Api().create_namespace(
        client.V1Namespace(metadata=client.V1ObjectMeta(name=name, labels=labels))
    )
    yield Release(name, cluster)
    run("kubectl", "delete", "namespace", name, "--wait=false")


def _create(folder: Path) -> None:
    run("kind", "delete", "cluster", "--name", CLUSTER)
    nodes = folder / "nodes.yaml"
    nodes.write_text(NODES, encoding="utf-8")
    node = os.environ.get("KIND_NODE_IMAGE")
    chosen = ["--image", node] if node else []
    run("kind", "create", "cluster", "--name", CLUSTER, "--config", nodes, *chosen)


def _load(image: str) -> None:
    """Put the images on the nodes: a tested one always, the others where they are here."""
    here = run("docker", "images", "--format", "{{.Repository}}:{{.Tag}}").splitlines()
    images = [image, *(other for other in IMAGES if other in here)]
    run("kind", "load", "docker-image", "--name", CLUSTER, *images)


def _install_what_is_needed() -> None:
    manifest = os.environ.get("KUBERAY_MANIFEST")
    where = ["-f", manifest] if manifest else ["-k", KUBERAY]
    run("kubectl", "apply", "--server-side", *where)
    run("kubectl", "apply", "-f", HERE / "manifests" / "traefik.yaml")
    apps = client.AppsV1Api()

    def up(name: str, namespace: str) -> bool:
        status = apps.read_namespaced_deployment_status(name, namespace).status
        return bool(status.ready_replicas)

    eventually("KubeRay's operator", lambda: up("kuberay-operator", "default"), LONG_S)
    eventually("Traefik", lambda: up("traefik", "ingress"), MEDIUM_S)


def _node_address() -> str:
    (first, *_) = client.CoreV1Api().list_node().items
    (address,) = (a.address for a in first.status.addresses if a.type == "InternalIP")
    return str(address)
