"""What goes wrong in a cluster, and what is changed in it, while people ask: nothing is lost."""

import json
from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.e2e.conftest import CLUSTER
from tests.e2e.load import Load, capacity
from tests.e2e.support import LONG_S, MEDIUM_S, SHORT_S, Release, eventually, run
from tests.e2e.test_chart import left

SLOWEST_S = 5
NEXT = "next"
REDIS = ("--selector", "app.kubernetes.io/component=redis")
NODE = "jsonpath={.items[0].spec.nodeName}"
PROCESSES = "grep -lsa ^ray::ServeReplica:wiki-digest /proc/[0-9]*/cmdline || true"
KILL = """
import os, pathlib, signal
for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
    if path.read_bytes().startswith(b"ray::ServeReplica:wiki-digest:{}"):
        os.kill(int(path.parent.name), signal.SIGKILL)
"""


class Busy(NamedTuple):
    """A release, and about half of the requests a second that it can answer."""

    release: Release
    rate: float


@pytest.fixture(scope="module")
def next_image(image: str, cluster: str) -> None:
    """The same image by another tag, on all nodes by now: to load it there is work for them."""
    assert cluster
    other = f"{image.rpartition(':')[0]}:{NEXT}"
    run("docker", "tag", image, other)
    run("kind", "load", "docker-image", "--name", CLUSTER, other)


@pytest.fixture(scope="module")
def busy(release: Release, next_image: None) -> Busy:  # noqa: ARG001 - is there by then
    """A release whose head keeps its state in Redis; each request is work for the models."""
    logs = 'logging={"toStdout": true, "encoding": "JSON"}'
    release.upgrade("faultTolerance.enabled=true", "settings.digest.cache_size=0", logs)
    release.wait()
    eventually("the ingress leads to it", release.answers, SHORT_S)
    return Busy(release, capacity(release) / 2)


def test_replicas_write_json_to_stdout(busy: Busy) -> None:
    """Of a container of their own, so that nothing else is among it."""
    pod = min(busy.release.ready("worker"))
    name = ["--namespace", busy.release.namespace, "--container", "logs"]
    lines = [json.loads(line) for line in run("kubectl", "logs", pod, *name).splitlines()]
    assert {"wiki-digest_Digest", "wiki-digest_Entities"} <= {line["deployment"] for line in lines}


def delete_a_worker(release: Release) -> None:
    """As an eviction does; another takes its place."""
    gone = min(release.ready("worker"))
    run("kubectl", "delete", "pod", gone, "--namespace", release.namespace)
    eventually("two workers again", lambda: _others(release, gone) == 2, LONG_S)


def restart_the_operator(_: Release) -> None:
    """Nothing that serves depends on it."""
    run("kubectl", "rollout", "restart", "deployment/kuberay-operator", "-n", "default")
    run("kubectl", "rollout", "status", "deployment/kuberay-operator", "-n", "default")


def kill_a_replica_of_a_stage(release: Release) -> None:
    """As the kernel does when memory runs out."""
    _kill(release, "Entities")


def kill_a_replica_of_the_driver(release: Release) -> None:
    """With all that it was about to answer."""
    _kill(release, "Digest")


def delete_the_head(release: Release) -> None:
    """Workers answer without it, and another takes up its state from Redis."""
    (gone,) = release.ready("head")
    run("kubectl", "delete", "pod", gone, "--namespace", release.namespace)
    eventually("another head", lambda: release.ready("head").keys() - {gone}, LONG_S)


def drain_a_node(release: Release) -> None:
    """One that Redis is not on; its pods find another."""
    where = run("kubectl", "get", "pod", "-n", release.namespace, *REDIS, "-o", NODE)
    away = [pod for pod in release.pods() if pod.spec.node_name != where]
    node = away[0].spec.node_name
    run("kubectl", "drain", node, "--ignore-daemonsets", "--delete-emptydir-data")
    try:
        eventually("two workers elsewhere", lambda: _elsewhere(release, node) == 2, LONG_S)
    finally:
        run("kubectl", "uncordon", node)


def change_what_serve_changes_live(release: Release) -> None:
    """No pod is started again, and no replica."""
    before = _replicas(release)
    release.upgrade("deployments.Entities.user_config.size=4")
    release.wait()
    assert _replicas(release) == before


def change_a_setting(release: Release) -> None:
    """All replicas are started again, one after the other, in the same pods."""
    replicas, pods = _replicas(release), release.ready("worker").keys()
    release.upgrade("settings.summarizer.sentences=2")
    release.wait()
    assert _replicas(release).isdisjoint(replicas)
    assert release.ready("worker").keys() == pods


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


@pytest.mark.parametrize(
    "event",
    [
        delete_a_worker,
        restart_the_operator,
        kill_a_replica_of_a_stage,
        kill_a_replica_of_the_driver,
        delete_the_head,
        drain_a_node,
        change_what_serve_changes_live,
        change_a_setting,
        upgrade_the_image_at_the_second_try,
    ],
)
def test_no_request_is_lost(
    busy: Busy,
    event: Callable[[Release], None],
    record_property: Callable[[str, object], None],
) -> None:
    """Nor is any slow, whatever happens."""
    with Load(busy.release, busy.rate) as load:
        eventually("the load has begun", lambda: load.sent > 20, MEDIUM_S)
        event(busy.release)
        after = load.sent
        eventually("the load goes on", lambda: load.sent > after + 20, MEDIUM_S)
    record_property("load", f"{event.__name__.replace('_', ' '):<40}{load}")
    assert load.lost == []
    assert load.slowest_s < SLOWEST_S


def _others(release: Release, gone: str) -> int:
    """Workers that are ready, but for one."""
    return len(release.ready("worker").keys() - {gone})


def _elsewhere(release: Release, node: str) -> int:
    """Workers that are ready on other nodes."""
    return sum(pod.spec.node_name != node for pod in release.ready("worker").values())


def _replicas(release: Release) -> set[str]:
    """The process ids of all replicas, with their pods."""
    return {
        f"{pod} {process}"
        for pod in release.ready("worker")
        for process in _exec(release, pod, "bash", "-c", PROCESSES).splitlines()
    }


def _kill(release: Release, deployment: str) -> None:
    """Kill one replica, and wait until there is another."""
    pod = min(release.ready("worker"))
    before = _replicas(release)
    _exec(release, pod, "python3", "-c", KILL.format(deployment))
    eventually("another replica", lambda: len(_replicas(release) - before) == 1, MEDIUM_S)


def _exec(release: Release, pod: str, *command: str) -> str:
    return run("kubectl", "exec", pod, "--namespace", release.namespace, "--", *command)


def test_uninstalling_leaves_nothing(busy: Busy) -> None:
    """Of Redis, either, and of clusters that were about to go."""
    busy.release.uninstall()
    eventually("nothing is left", lambda: left(busy.release) == set(), LONG_S)
