"""What goes wrong in a cluster, and what is changed in it, while people ask: nothing is lost."""

import json
from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.e2e.conftest import CLUSTER
from tests.e2e.load import ONE_TO_THREE, Load, capacity
from tests.e2e.support import LONG_S, MEDIUM_S, SHORT_S, Release, eventually, run, seconds_until
from tests.e2e.test_chart import confined, left

SLOWEST_S = 5
REQUESTS = 60
"""On a machine that takes longer for so many, an answer may take as long as they do."""
NEXT = "next"
REDIS = ("--selector", "app.kubernetes.io/component=redis")
NODE = "jsonpath={.items[0].spec.nodeName}"
KILL = """
import os, pathlib, signal
for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
    if path.read_bytes().startswith(b"ray::ServeReplica:wiki-digest:{}"):
        os.kill(int(path.parent.name), signal.SIGKILL)
"""


class Busy(NamedTuple):
    """A release, and the requests a second that it can answer."""

    release: Release
    capacity: float


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
    """A release whose head keeps its state in Redis; each request is work for the models."""
    logs = 'logging={"toStdout": true, "encoding": "JSON"}'
    release.upgrade("faultTolerance.enabled=true", "settings.digest.cache_size=0", logs)
    release.wait()
    eventually("the ingress leads to it", release.answers, SHORT_S)
    return Busy(release, capacity(release))


def test_replicas_write_json_to_stdout(busy: Busy) -> None:
    """Of a container of their own, so that nothing else is among it."""
    pod = min(busy.release.ready("worker"))
    name = ["--namespace", busy.release.namespace, "--container", "logs"]
    lines = [json.loads(line) for line in run("kubectl", "logs", pod, *name).splitlines()]
    assert {"wiki-digest_Digest", "wiki-digest_Entities"} <= {line["deployment"] for line in lines}


def test_nothing_runs_as_root_beside_ray_either(busy: Busy) -> None:
    """Neither Redis nor what follows the logs."""
    assert confined(busy.release) == {"ray-head", "ray-worker", "redis", "logs"}


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


def ask_with_helm_test(release: Release) -> None:
    """From a pod of its own."""
    run("helm", "test", release.name, "--namespace", release.namespace)


def change_what_serve_changes_live(release: Release) -> None:
    """No pod is started again, and no replica."""
    before = release.replicas()
    release.upgrade("deployments.Entities.user_config.size=4")
    release.wait()
    assert release.replicas() == before


def change_a_setting(release: Release) -> None:
    """All replicas are started again, one after the other, in the same pods."""
    replicas, pods = release.replicas(), release.ready("worker").keys()
    release.upgrade("settings.summarizer.sentences=2")
    release.wait()
    assert release.replicas().isdisjoint(replicas)
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
    ("event", "share"),
    [
        (drain_a_node, 1 / 2),  # all are on one node then
        (delete_a_worker, 1 / 2),  # on both again: the nodes here have equal shares of the cores
        (restart_the_operator, 1 / 2),
        (kill_a_replica_of_a_stage, 1 / 2),
        (kill_a_replica_of_the_driver, 1 / 2),
        (delete_the_head, 1 / 2),
        (ask_with_helm_test, 1 / 2),
        (change_what_serve_changes_live, 1 / 2),
        (change_a_setting, 1 / 2),
        (upgrade_the_image_at_the_second_try, 2 / 5),  # two clusters share the cores of one
    ],
)
def test_no_request_is_lost(
    busy: Busy,
    event: Callable[[Release], None],
    share: float,
    record_property: Callable[[str, object], None],
) -> None:
    """Nor is any slow, whatever happens, at about half of what the release can do here.

    While a cluster starts on the cores that another answers on, an answer may take twice as long.
    """
    with Load(busy.release, busy.capacity * share) as load:
        eventually("the load has begun", lambda: load.sent > 20, MEDIUM_S)
        event(busy.release)
        after = load.sent
        eventually("the load goes on", lambda: load.sent > after + 20, MEDIUM_S)
    record_property("load", load.row(event.__name__.replace("_", " ")))
    assert load.lost == []
    clusters = 2 if event is upgrade_the_image_at_the_second_try else 1
    assert load.slowest_s < clusters * max(SLOWEST_S, REQUESTS / busy.capacity)


def test_on_fixed_workers_replicas_alone_follow_the_load(
    busy: Busy, record_property: Callable[[str, object], None]
) -> None:
    """From one to three and back; the second worker has room for two, once it holds no Entities.

    The first requests come by connections that were there before the driver's replicas were new.
    """
    release, workers = busy.release, busy.release.ready("worker").keys()
    scaled = {"autoscaling_config": ONE_TO_THREE, "max_replicas_per_node": None}
    values = f"deployments.Sentiment={json.dumps(scaled)}", "deployments.Entities.num_replicas=1"
    release.upgrade(*values)
    release.wait()
    with Load(release) as load:
        up = seconds_until("three", lambda: len(release.replicas("Sentiment")) == 3)
    with Load(release, rate=0.5) as gentle:
        down = seconds_until("one", lambda: len(release.replicas("Sentiment")) == 1)
    record_property("load", load.row("1 to 3 replicas, on two workers", f"after {up:.0f} s"))
    record_property("load", gentle.row("back to 1", f"after {down:.0f} s"))
    assert load.lost + gentle.lost == []
    assert release.ready("worker").keys() == workers


def _others(release: Release, gone: str) -> int:
    """Workers that are ready, but for one."""
    return len(release.ready("worker").keys() - {gone})


def _elsewhere(release: Release, node: str) -> int:
    """Workers that are ready on other nodes."""
    return sum(pod.spec.node_name != node for pod in release.ready("worker").values())


def _kill(release: Release, deployment: str) -> None:
    """Kill one replica, and wait until there is another."""
    pod = min(release.ready("worker"))
    before = release.replicas()
    release.inside(pod, "python3", "-c", KILL.format(deployment))
    eventually("another replica", lambda: len(release.replicas() - before) == 1, MEDIUM_S)


def test_uninstalling_leaves_nothing(busy: Busy) -> None:
    """Of Redis, either, and of clusters that were about to go."""
    busy.release.uninstall()
    eventually("nothing is left", lambda: left(busy.release) == set(), LONG_S)
