"""A worker whose clock jumps: libfaketime tells the time to all its processes.

The kernel has one clock for all nodes of kind, so that one node's cannot be set. Time that is
monotonic goes on, as it does where a node's clock is set.
"""

import json
from functools import partial
from pathlib import Path
from threading import Event

from devtools import apt
from tests.chaos.hard_faults import whole
from tests.chaos.nodes import SECOND, pod_on
from tests.e2e.support import LONG_S, SHORT_S, Release, run
from tests.support.eventually import eventually
from tests.support.needs import missing

PACKAGE, LIBRARY = "libfaketime", "libfaketimeMT.so.1"
"""Debian's package, and its library for processes with several threads."""
MOUNTED = "/clock"
OFFSET = "/tmp/clock"
READ_EACH_S = 1
JUMP, LASTS_S = 3600, 30.0
"""An hour, in seconds; and how long it lasts."""
ENV = {
    "LD_PRELOAD": f"{MOUNTED}/{LIBRARY}",
    "FAKETIME_TIMESTAMP_FILE": OFFSET,
    "FAKETIME_CACHE_DURATION": str(READ_EACH_S),
    "FAKETIME_DONT_FAKE_MONOTONIC": "1",
}
"""Without the file it is the kernel's time."""
NOW = "import time; print(time.time())"


def tell_the_time(release: Release, folder: Path) -> None:
    """Let libfaketime tell the time in workers; it is unpacked into the empty folder."""
    if not apt.unpack(PACKAGE, folder):
        missing(f"apt-get could not download {PACKAGE}")
    (library,) = folder.rglob(LIBRARY)
    at = ["--namespace", release.namespace]
    run("kubectl", "create", "configmap", "clock", *at, f"--from-file={library}")
    before = release.cluster()
    env = json.dumps([{"name": name, "value": value} for name, value in ENV.items()])
    volumes = json.dumps([{"name": "clock", "configMap": {"name": "clock"}}])
    mounts = json.dumps([{"name": "clock", "mountPath": MOUNTED, "readOnly": True}])
    given = {"env": env, "volumes": volumes, "volumeMounts": mounts}
    release.upgrade(*(f"workers.cpu.{name}={value}" for name, value in given.items()))
    eventually("another cluster", lambda: release.cluster() != before, LONG_S)
    whole(release)


def a_workers_clock_jumps(release: Release) -> None:
    """An hour ahead, and back."""
    pod = pod_on(release.ready("worker"), SECOND).metadata.name
    before = release.replicas()
    for offset in (JUMP, 0):
        release.inside(pod, "sh", "-c", f"echo +{offset} > {OFFSET}")
        has_jumped = partial(_is_ahead, release, pod, offset)
        eventually("the time jumps", has_jumped, SHORT_S)
        Event().wait(LASTS_S)
    whole(release)
    assert release.replicas() == before


def _is_ahead(release: Release, pod: str, seconds: float) -> bool:
    """Whether the pod's time is so far ahead of the head's."""
    (head,) = release.ready("head")
    there, here = (float(release.inside(one, "python3", "-c", NOW)) for one in (pod, head))
    return abs(there - here - seconds) < JUMP / 2
