"""A release of an earlier chart from a registry, and its upgrade to this one: no request is lost.

Each kind node advertises all cores of the machine. Workers whose CPU limit is their request leave
cores to the others, as separate machines would.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

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
FUSED = 'settings.placement="fused"'
"""Its clusters start sooner than with a deployment for each stage."""
EARLIER_CHART = Path(__file__).with_name("previous_chart.tgz")
"""That of the last release; before the first one, of commit f763801."""
EARLIER = "0.0.1"
"""The version that it gets here, and the name of the same image."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The address of an empty registry; Docker uses one of this machine without TLS."""
    program = registry.executable() or needs.missing(registry.WANTED)
    with registry.running(program) as found:
        yield found


@pytest.fixture(scope="module")
def named(address: str, image: str, cluster: str) -> str:
    """The image's name in the registry; the nodes have it, by its earlier name too.

    They do not reach the registry.
    """
    assert cluster
    name = f"{address}/{image}"
    for node in run("kind", "get", "nodes", "--name", CLUSTER).split():
        if "control-plane" not in node:
            _tag(node, image, name)
            _tag(node, image, earlier(name))
    return name


@pytest.fixture(scope="module")
def charts(address: str, named: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the chart in the registry: the earlier version for the image, and this one."""
    folder = tmp_path_factory.mktemp("release")
    run("tar", "--extract", "--file", EARLIER_CHART, "--directory", folder)
    about = folder / CHART.name / "Chart.yaml"
    versions = re.compile(r"^(version|appVersion): .+", re.MULTILINE)
    about.write_text(versions.sub(rf"\1: {EARLIER}", about.read_text("utf-8")))
    for chart in (about.parent, CHART):
        packaged = package(chart, named.rpartition(":")[0], folder)
        run("helm", "push", packaged, f"oci://{address}/charts", "--plain-http")
    return f"oci://{address}/charts/wiki-digest"


@pytest.fixture(scope="module")
def busy(release: Release, charts: str) -> Busy:
    """A release of the earlier chart, of which two fit on the cores. Its Redis has a volume."""
    return busy_with(of_version(EARLIER, release, charts), LIMIT, VOLUME, FUSED)


def of_version(version: str, release: Release, charts: str) -> Release:
    """The release with this version of the chart in the registry."""
    return replace(release, chart=charts, options=("--plain-http", "--version", version))


def earlier(image: str) -> str:
    """The earlier name of an image."""
    return f"{image.rpartition(':')[0]}:{EARLIER}"


def the_second_try(version: str, charts: str) -> Callable[[Release], None]:
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
        of_version(version, release, charts).upgrade()
        release.wait()
        assert release.cluster() != before

    return upgrade_the_release_at_the_second_try


def test_no_request_is_lost_or_slow(
    busy: Busy, charts: str, named: str, record_property: Callable[[str, object], None]
) -> None:
    assert _images(busy.release) == {earlier(named)}
    event = the_second_try(named.rpartition(":")[2], charts)
    load = busy.during(event)
    record_property("load", load.row(event.__name__.replace("_", " ")))
    assert load.lost == []
    assert load.slowest_s < SLOWEST_S
    assert _images(busy.release) == {named}


def test_uninstalling_deletes_all_objects_of_the_upgraded_release(busy: Busy) -> None:
    busy.release.uninstall()
    eventually("all objects are deleted", lambda: left(busy.release) == set(), LONG_S)


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
