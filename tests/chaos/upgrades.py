"""New Ray clusters for a release, good and bad; each returns once one cluster is left."""

import itertools
import json
import re
import subprocess
import sys

from tests.e2e.support import LONG_S, Release, run, tried
from tests.support.eventually import eventually

WATCHED_S = 3 * LONG_S
NO_INGRESS = "ingress.enabled=false"
"""Clients come through the Gateway that KubeRay makes for an upgrade in steps."""
ALWAYS_LATE = "settings.digest.deadline_s=0.001"
"""Each request then ends with a 504."""
SLOW = "settings.summarizer.batch.batch_wait_timeout_s=8", "settings.digest.hedge_after_s=60"
"""Each summary then waits eight seconds for others."""
SMALL_STEPS = "upgrade.stepSizePercent=5"
HALF = 50
_COUNT = itertools.count()


def start_a_new_cluster(release: Release) -> None:
    """All traffic moves to it at once; wait for the end of the old one."""
    before = release.cluster()
    release.upgrade(version("new"))
    release.wait()
    alone(release)
    assert release.cluster() != before


def upgrade_in_steps(release: Release) -> None:
    """It moves all traffic, with some shares on the way."""
    before = release.cluster()
    release.upgrade(version("good"), NO_INGRESS)
    ended = watched(release, p95_s=30)
    assert ended.returncode == 0, ended.stderr
    assert {10, 30, 60} <= {*shares(ended.stderr)}, ended.stderr
    alone(release)
    assert release.cluster() != before


def upgrade_to_a_version_that_fails(release: Release) -> None:
    """All its answers are errors."""
    ended = _turned_back(release, "fails", ALWAYS_LATE, p95_s=30)
    assert "requests failed" in ended, ended


def upgrade_to_a_version_that_is_slow(release: Release) -> None:
    """All its answers are complete, and late."""
    ended = _turned_back(release, "slow", *SLOW, p95_s=5)
    assert "answers took more than 5 s" in ended, ended


def _turned_back(release: Release, name: str, *values: str, p95_s: float) -> str:
    """What `watch` says of a bad version, which it turns back."""
    before = release.cluster()
    release.upgrade(version(name), *values, SMALL_STEPS, NO_INGRESS)
    ended = watched(release, p95_s)
    assert ended.returncode == 1
    assert "rolled back: " in ended.stderr, ended.stderr
    assert max(shares(ended.stderr)) < HALF, ended.stderr
    release.wait(WATCHED_S)
    alone(release)
    assert release.cluster() == before
    return ended.stderr


def watched(release: Release, p95_s: float) -> subprocess.CompletedProcess[str]:
    """The result of `wiki-digest watch` with this objective."""
    name = ["--namespace", release.namespace, "--name", release.service]
    limits = ["--p95", f"{p95_s}", "--timeout", f"{WATCHED_S:.0f}"]
    command = [sys.executable, "-m", "app.cli", "watch", *name, *limits]
    ended = tried(*command, within_s=WATCHED_S + LONG_S)
    print(ended.stderr)  # noqa: T201 - pytest shows it if the test fails
    return ended


def version(name: str) -> str:
    """A value that needs a new cluster: another one each time."""
    value = json.dumps([{"name": "VERSION", "value": f"{name}-{next(_COUNT)}"}])
    return f"workers.cpu.env={value}"


def shares(said: str) -> list[int]:
    """The new version's shares of the traffic, in percent."""
    return [int(share) for share in re.findall(r"the new one (\d+) % of the traffic", said)]


def alone(release: Release) -> None:
    """Wait until no pod of another cluster is left, not even one that ends."""
    eventually("one cluster is left", lambda: clusters(release) == {release.cluster()}, LONG_S)


def clusters(release: Release) -> set[str]:
    """The clusters that have pods."""
    label = "jsonpath={range .items[*]}{.metadata.labels.ray\\.io/cluster} {end}"
    options = ["--namespace", release.namespace, "--selector", "ray.io/is-ray-node=yes"]
    return set(run("kubectl", "get", "pods", *options, "--output", label).split())
