"""The cluster of these tests has the versions of the table in docs/platform.md."""

import json

import pytest

from tests.e2e.support import run
from tools.versions_page import tried

TABLE = {one.what: one.version for one in reversed([*tried()])}
"""Of Python the one of the image, which is the first."""
VERSIONS = "import platform, ray; print(ray.__version__, platform.python_version())"
BUNDLE = r"jsonpath={.metadata.annotations.gateway\.networking\.k8s\.io/bundle-version}"
IMAGE = "jsonpath={.spec.template.spec.containers[0].image}"

pytestmark = pytest.mark.usefixtures("cluster")


def tag(deployment: str, namespace: str) -> str:
    """The tag of a deployment's image, without its `v`."""
    found = run("kubectl", "get", "deployment", deployment, "-n", namespace, "--output", IMAGE)
    return found.rpartition(":")[2].removeprefix("v")


def test_kubernetes_has_the_version_of_the_table() -> None:
    """But for its last number, which kind chooses."""
    server = json.loads(run("kubectl", "version", "--output", "json"))["serverVersion"]
    assert server["gitVersion"].removeprefix("v").rpartition(".")[0] == TABLE["Kubernetes"]


def test_kuberay_has_the_version_of_the_table() -> None:
    assert tag("kuberay-operator", "default") == TABLE["KubeRay"]


def test_traefik_has_the_version_of_the_table() -> None:
    assert tag("traefik", "ingress") == TABLE["Traefik"]


def test_the_gateway_api_has_the_version_of_the_table() -> None:
    crd = "httproutes.gateway.networking.k8s.io"
    assert run("kubectl", "get", "crd", crd, "--output", BUNDLE) == f"v{TABLE['Gateway API']}"


def test_helm_has_the_version_of_the_table() -> None:
    assert run("helm", "version", "--template", "{{.Version}}") == f"v{TABLE['Helm']}"


def test_redis_has_the_version_of_the_table() -> None:
    said = run("docker", "run", "--rm", f"redis:{TABLE['Redis']}", "redis-server", "--version")
    assert f" v={TABLE['Redis']}." in said


def test_the_image_has_the_ray_and_python_of_the_table(image: str) -> None:
    said = run("docker", "run", "--rm", "--entrypoint", "python", image, "-c", VERSIONS)
    ray, python = said.split()
    assert (ray, python.rpartition(".")[0]) == (TABLE["Ray"], TABLE["Python"])
