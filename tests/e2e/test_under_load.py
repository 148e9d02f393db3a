"""What goes wrong in a cluster, and what is changed in it, while people ask: nothing is lost."""

from collections.abc import Callable

import pytest
from kubernetes import client

from tests.e2e.load import Load
from tests.e2e.support import LONG_S, MEDIUM_S, SHORT_S, Release, eventually, run

SLOWEST_S = 5
KILL = """
import os, pathlib, signal
for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
    if path.read_bytes().startswith(b"ray::ServeReplica:wiki-digest:{}"):
        os.kill(int(path.parent.name), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def running(release: Release) -> Release:
    """A release that answers."""
    release.install()
    eventually("the release is ready", release.ready, LONG_S)
    eventually("the ingress leads to it", release.answers, SHORT_S)
    eventually("both workers answer", lambda: len(_ready(release, "worker")) == 2, MEDIUM_S)
    return release


def delete_a_worker(release: Release) -> None:
    """As an eviction does; another takes its place."""
    gone, stays = _ready(release, "worker")
    run("kubectl", "delete", "pod", gone, "-n", release.namespace)

    def replaced() -> bool:
        ready = _ready(release, "worker")
        return len(ready) == 2 and gone not in ready and stays in ready

    eventually("two workers are ready again", replaced, LONG_S)


def restart_the_operator(_: Release) -> None:
    """Nothing that serves depends on it."""
    run("kubectl", "rollout", "restart", "deployment/kuberay-operator", "-n", "default")
    run("kubectl", "rollout", "status", "deployment/kuberay-operator", "-n", "default")


def kill_a_replica_of_a_stage(release: Release) -> None:
    """As the kernel does when memory runs out."""
    _kill(release, "Entities")


def change_what_serve_changes_live(release: Release) -> None:
    """No pod is started again, and no replica."""
    before = _ready(release, "worker")
    release.install("deployments.Entities.user_config.size=4")
    eventually("Serve has taken it up", lambda: _is_running(release), LONG_S)
    assert _ready(release, "worker") == before


@pytest.mark.parametrize(
    "event",
    [
        delete_a_worker,
        restart_the_operator,
        kill_a_replica_of_a_stage,
        change_what_serve_changes_live,
    ],
)
def test_no_request_is_lost(
    running: Release,
    event: Callable[[Release], None],
    record_property: Callable[[str, object], None],
) -> None:
    """Nor is any slow, whatever happens."""
    with Load(running) as load:
        eventually("the load has begun", lambda: load.sent > 50, SHORT_S)
        event(running)
        after = load.sent
        eventually("the load goes on", lambda: load.sent > after + 200, MEDIUM_S)
    record_property("load", f"{event.__name__.replace('_', ' '):<36}{load}")
    assert load.lost == []
    assert load.slowest_s < SLOWEST_S


def _ready(release: Release, kind: str) -> list[str]:
    """The names of the pods of this kind that are ready, and stay."""
    pods = client.CoreV1Api().list_namespaced_pod(
        release.namespace, label_selector=f"ray.io/node-type={kind}"
    )
    return [
        pod.metadata.name
        for pod in pods.items
        if pod.metadata.deletion_timestamp is None
        and any(c.type == "Ready" and c.status == "True" for c in pod.status.conditions or ())
    ]


def _kill(release: Release, deployment: str) -> None:
    """Kill one replica."""
    (pod, *_) = _ready(release, "worker")
    script = KILL.format(deployment)
    run("kubectl", "exec", pod, "-n", release.namespace, "--", "python3", "-c", script)


def _is_running(release: Release) -> bool:
    """Whether the application runs with the newest config."""
    applications = release.status().get("activeServiceStatus", {}).get("applicationStatuses", {})
    return all(told["status"] == "RUNNING" for told in applications.values()) and release.ready()
