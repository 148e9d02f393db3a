"""An upgrade to a new Ray cluster beside the active one, on one machine: no request is lost.

Each kind node advertises all cores of the machine. Workers whose CPU limit is their request leave
cores to the others, as separate machines would.
"""

from collections.abc import Callable

import pytest

from tests.e2e.conftest import CLUSTER
from tests.e2e.load import SLOWEST_S, Busy, busy_with
from tests.e2e.support import MEDIUM_S, Release, run

LIMIT = 'workers.cpu.resources.limits.cpu="400m"'
NEXT = "next"


@pytest.fixture(scope="module")
def next_image(image: str, cluster: str) -> None:
    """The same image with another tag, on all worker nodes."""
    assert cluster
    names = [f"docker.io/library/{name}" for name in (image, f"{image.rpartition(':')[0]}:{NEXT}")]
    for node in run("kind", "get", "nodes", "--name", CLUSTER).split():
        if "control-plane" not in node:
            tag = ["ctr", "--namespace", "k8s.io", "images", "tag", "--force", *names]
            run("docker", "exec", node, *tag)


@pytest.fixture(scope="module")
def busy(release: Release, next_image: None) -> Busy:  # noqa: ARG001 - a prerequisite
    """A release of which two fit on the cores."""
    return busy_with(release, LIMIT)


def upgrade_the_image_at_the_second_try(release: Release) -> None:
    """`wait` reports a missing image, which is rolled back; a valid one replaces the cluster."""
    before = release.cluster()
    release.upgrade('image.tag="nowhere"')
    ended = release.waited(MEDIUM_S)
    assert ended.returncode == 1
    assert "wiki-digest:nowhere" in ended.stderr
    assert release.cluster() == before
    run("helm", "rollback", release.name, "--namespace", release.namespace)
    release.wait()
    before = release.cluster()
    release.upgrade(f'image.tag="{NEXT}"')
    release.wait()
    assert release.cluster() != before


def test_no_request_is_lost_or_slow(
    busy: Busy, record_property: Callable[[str, object], None]
) -> None:
    load = busy.during(upgrade_the_image_at_the_second_try)
    record_property("load", load.row("upgrade the image at the second try"))
    assert load.lost == []
    assert load.slowest_s < SLOWEST_S
