"""A new cluster beside the one that answers, on the cores of one machine: nothing is lost.

Each of kind's nodes says that it has all cores. Workers that take no more than they ask for leave
the others theirs, as nodes with cores of their own do.
"""

from collections.abc import Callable

import pytest

from tests.e2e.conftest import CLUSTER
from tests.e2e.load import Busy, busy_with
from tests.e2e.support import SHORT_S, Release, run

LIMIT = 'workers.cpu.resources.limits.cpu="400m"'
PART = 0.4
"""Of two cores, by two workers."""
NEXT = "next"


@pytest.fixture(scope="module")
def next_image(image: str, cluster: str) -> None:
    """The same image by another tag, on all workers by now."""
    assert cluster
    names = [f"docker.io/library/{name}" for name in (image, f"{image.rpartition(':')[0]}:{NEXT}")]
    for node in run("kind", "get", "nodes", "--name", CLUSTER).split():
        if "control-plane" not in node:
            tag = ["ctr", "--namespace", "k8s.io", "images", "tag", "--force", *names]
            run("docker", "exec", node, *tag)


@pytest.fixture(scope="module")
def busy(release: Release, next_image: None) -> Busy:  # noqa: ARG001 - is there by then
    """A release of which two fit the cores."""
    return busy_with(release, LIMIT, part=PART)


def upgrade_the_image_at_the_second_try(release: Release) -> None:
    """One that is not there is told of; of the next, a cluster starts beside the old one."""
    before = release.cluster()
    release.upgrade('image.tag="nowhere"')
    ended = release.waited(SHORT_S)
    assert ended.returncode == 1
    assert "wiki-digest:nowhere" in ended.stderr
    assert release.cluster() == before
    release.upgrade(f'image.tag="{NEXT}"')
    release.wait()
    assert release.cluster() != before


def test_no_request_is_lost(busy: Busy, record_property: Callable[[str, object], None]) -> None:
    """Nor is any slow, at about half of what the release can do."""
    load = busy.during(upgrade_the_image_at_the_second_try)
    record_property("load", load.row("upgrade the image at the second try"))
    assert load.lost == []
    assert load.slowest_s < busy.slowest_s
