"""Image and chart of a release: pushed to a registry on this machine, and installed from there."""

from collections.abc import Iterator

import pytest

from devtools import registry
from tests.e2e.conftest import CLUSTER
from tests.e2e.support import MEDIUM_S, ROOT, Release, run
from tests.support import needs
from tests.support.eventually import eventually
from tools.release import package


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The address of an empty registry; Docker uses one of this machine without TLS."""
    program = registry.executable() or needs.missing(registry.WANTED)
    with registry.running(program) as found:
        yield found


@pytest.fixture(scope="module")
def pushed(address: str, image: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of the image in the registry, which has the chart for it too."""
    name, chart = f"{address}/{image}", ROOT / "deploy" / "helm" / "wiki-digest"
    run("docker", "tag", image, name)
    run("docker", "push", "--quiet", name)
    packaged = package(chart, name.rpartition(":")[0], tmp_path_factory.mktemp("release"))
    run("helm", "push", packaged, f"oci://{address}/charts", "--plain-http")
    return name


@pytest.mark.usefixtures("cluster")
def test_the_pulled_image_and_chart_are_installed(
    release: Release, address: str, pushed: str
) -> None:
    """The nodes do not reach the registry, so the pulled image is loaded into them."""
    run("docker", "rmi", pushed)
    run("docker", "pull", "--quiet", pushed)
    run("kind", "load", "docker-image", "--name", CLUSTER, pushed)
    values = "ingress.enabled=true", f'ingress.hosts=["{release.host}"]'
    given = [word for value in values for word in ("--set-json", value)]
    chart = [f"oci://{address}/charts/wiki-digest", "--plain-http"]
    run("helm", "install", release.name, *chart, "--namespace", release.namespace, *given)
    release.wait()
    eventually("the ingress routes traffic to the release", release.answers, MEDIUM_S)
    assert {one.image for pod in release.pods() for one in pod.spec.containers} == {pushed}
    release.uninstall()
