"""A release from a registry on this machine, and its upgrade to the next: no request is lost.

Each kind node advertises all cores of the machine. Workers whose CPU limit is their request leave
cores to the others, as separate machines would.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from devtools import registry
from tests.e2e.conftest import CLUSTER
from tests.e2e.load import SLOWEST_S, VOLUME, Busy, busy_with
from tests.e2e.support import LONG_S, MEDIUM_S, ROOT, Release, run
from tests.e2e.test_chart import left
from tests.support import needs
from tests.support.eventually import eventually
from tools.release import package

CHART = ROOT / "deploy" / "helm" / "wiki-digest"
TOLD_S = 10.0
"""Seconds for `wait` to tell what it sees."""
LIMIT = 'workers.cpu.resources.limits.cpu="400m"'
NEXT = "99.0.0"
"""The version of the next release: the same image and chart by another name."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The address of an empty registry; Docker uses one of this machine without TLS."""
    program = registry.executable() or needs.missing(registry.WANTED)
    with registry.running(program) as found:
        yield found


@pytest.fixture(scope="module")
def pulled(address: str, image: str, cluster: str) -> str:
    """The name of the image that was pushed and pulled; the nodes have it, and the next one.

    They do not reach the registry.
    """
    assert cluster
    name = f"{address}/{image}"
    run("docker", "tag", image, name)
    run("docker", "push", "--quiet", name)
    run("docker", "rmi", name)
    run("docker", "pull", "--quiet", name)
    assert _identity(name) == _identity(image)
    for node in run("kind", "get", "nodes", "--name", CLUSTER).split():
        if "control-plane" not in node:
            _tag(node, image, name)
            _tag(node, image, f"{name.rpartition(':')[0]}:{NEXT}")
    return name


@pytest.fixture(scope="module")
def charts(address: str, pulled: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the chart in the registry: this version for the image, and the next."""
    folder = tmp_path_factory.mktemp("release")
    following = shutil.copytree(CHART, folder / "next" / CHART.name)
    about = following / "Chart.yaml"
    version = run("helm", "show", "chart", CHART).partition("\nversion: ")[2].partition("\n")[0]
    about.write_text(about.read_text("utf-8").replace(f"ersion: {version}", f"ersion: {NEXT}"))
    for chart in (CHART, following):
        packaged = package(chart, pulled.rpartition(":")[0], folder)
        run("helm", "push", packaged, f"oci://{address}/charts", "--plain-http")
    return f"oci://{address}/charts/wiki-digest"


@pytest.fixture(scope="module")
def busy(release: Release, image: str, charts: str) -> Busy:
    """A release from the registry, of which two fit on the cores. Its Redis has a volume."""
    return busy_with(of_version(image.rpartition(":")[2], release, charts), LIMIT, VOLUME)


def of_version(version: str, release: Release, charts: str) -> Release:
    """The release with this version of the chart in the registry."""
    return replace(release, chart=charts, options=("--plain-http", "--version", version))


def the_second_try(charts: str) -> Callable[[Release], None]:
    """An upgrade whose image is missing, which `wait` reports, is rolled back; then a valid one."""

    def upgrade_the_release_at_the_second_try(release: Release) -> None:
        before = release.cluster()
        release.upgrade('image.tag="nowhere"')
        eventually("an image is missing", lambda: _lacks_its_image(release), MEDIUM_S)
        ended = release.waited(TOLD_S)
        assert ended.returncode == 1
        assert "wiki-digest:nowhere" in ended.stderr
        assert release.cluster() == before
        run("helm", "rollback", release.name, "--namespace", release.namespace)
        release.wait()
        before = release.cluster()
        of_version(NEXT, release, charts).upgrade()
        release.wait()
        assert release.cluster() != before

    return upgrade_the_release_at_the_second_try


def test_no_request_is_lost_or_slow(
    busy: Busy, charts: str, pulled: str, record_property: Callable[[str, object], None]
) -> None:
    assert _images(busy.release) == {pulled}
    event = the_second_try(charts)
    load = busy.during(event)
    record_property("load", load.row(event.__name__.replace("_", " ")))
    assert load.lost == []
    assert load.slowest_s < SLOWEST_S
    assert _images(busy.release) == {f"{pulled.rpartition(':')[0]}:{NEXT}"}


def test_uninstalling_deletes_all_objects_of_the_upgraded_release(busy: Busy) -> None:
    busy.release.uninstall()
    eventually("all objects are deleted", lambda: left(busy.release) == set(), LONG_S)


def _identity(image: str) -> str:
    return run("docker", "image", "inspect", "--format", "{{.Id}}", image)


def _tag(node: str, image: str, name: str) -> None:
    """Give an image of a node another name."""
    tag = ["ctr", "--namespace", "k8s.io", "images", "tag", "--force"]
    run("docker", "exec", node, *tag, f"docker.io/library/{image}", name)


def _lacks_its_image(release: Release) -> bool:
    """Whether a container waits for an image."""
    waiting = [
        one.state.waiting
        for pod in release.pods()
        for one in pod.status.init_container_statuses or pod.status.container_statuses or ()
    ]
    return any(one and one.reason in {"ErrImagePull", "ImagePullBackOff"} for one in waiting)


def _images(release: Release) -> set[str]:
    """Those of the active cluster's ready pods."""
    pods = [*release.ready("head").values(), *release.ready("worker").values()]
    return {one.image for pod in pods for one in pod.spec.containers}
