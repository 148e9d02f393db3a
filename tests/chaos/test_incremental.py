"""Upgrades in steps: a good version loses no request, a bad one is turned back in time.

Clients come through the Gateway that KubeRay makes, for any host that no other release has.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.e2e.load import Busy, busy_with
from tests.e2e.support import LONG_S, Release, tried
from tests.e2e.test_upgrade import LIMIT

HALF = 50
WATCHED_S = 3 * LONG_S
VALUES = {
    "upgrade": {
        "type": "NewClusterWithIncrementalUpgrade",
        "stepSizePercent": 10,
        "intervalSeconds": 20,
        "maxSurgePercent": 50,
        "gatewayClassName": "traefik",
    },
    "workers.cpu.minReplicas": 1,
    "workers.cpu.maxReplicas": 2,
    "autoscaler.idleTimeoutSeconds": 10,
}
NO_INGRESS = "ingress.enabled=false"
ALWAYS_LATE = "settings.digest.deadline_s=0.001"
"""Each request then ends with a 504."""


@pytest.fixture(scope="module")
def busy(release: Release) -> Busy:
    """A release whose traffic moves to a new cluster in steps."""
    values = (f"{name}={json.dumps(value)}" for name, value in VALUES.items())
    return busy_with(release, LIMIT, NO_INGRESS, *values)


def version(name: str) -> str:
    """A value that needs a new cluster."""
    return f'workers.cpu.env=[{{"name": "VERSION", "value": "{name}"}}]'


def watched(release: Release) -> subprocess.CompletedProcess[str]:
    """The result of `wiki-digest watch`, with objectives for a slow machine."""
    name = ["--namespace", release.namespace, "--name", release.service]
    limits = ["--p95", "30", "--timeout", f"{WATCHED_S:.0f}"]
    command = [sys.executable, "-m", "app.cli", "watch", *name, *limits]
    return tried(*command, within_s=WATCHED_S + LONG_S)


def shares(said: str) -> list[int]:
    """The new version's shares of the traffic, in percent."""
    return [int(share) for share in re.findall(r"the new one (\d+) % of the traffic", said)]


def upgrade_in_steps(release: Release) -> None:
    """It moves all traffic, with some shares on the way."""
    before = release.cluster()
    release.upgrade(version("good"), NO_INGRESS)
    ended = watched(release)
    assert ended.returncode == 0, ended.stderr
    assert {10, 30, 60} <= {*shares(ended.stderr)}, ended.stderr
    assert release.cluster() != before


def upgrade_to_a_bad_version(release: Release) -> None:
    """It is turned back, and the old cluster serves on."""
    before = release.cluster()
    release.upgrade(version("bad"), ALWAYS_LATE, NO_INGRESS)
    ended = watched(release)
    assert ended.returncode == 1
    assert "rolled back: " in ended.stderr, ended.stderr
    assert "requests failed" in ended.stderr
    assert max(shares(ended.stderr)) < HALF, ended.stderr
    release.wait(WATCHED_S)
    assert release.cluster() == before


def test_no_request_is_lost(busy: Busy, record_property: Callable[[str, object], None]) -> None:
    load = busy.during(upgrade_in_steps)
    record_property("load", load.row("upgrade in steps"))
    assert load.lost == []


def test_a_bad_version_is_turned_back_before_it_has_half_of_the_traffic(
    busy: Busy, record_property: Callable[[str, object], None]
) -> None:
    load = busy.during(upgrade_to_a_bad_version)
    note = "504 of the bad version, until it is turned back"
    record_property("load", load.row("upgrade to a bad version in steps", note))
    assert all(" 504 " in f"{fault} " for fault in load.lost), load.lost
    assert len(load.lost) < load.sent / 2
