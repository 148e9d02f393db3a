"""What goes wrong in a cluster, and what is changed in it, while people ask: nothing is lost."""

import json
from collections.abc import Callable

import pytest

from tests.e2e.load import ONE_TO_THREE, Busy, Load, busy_with
from tests.e2e.support import LONG_S, MEDIUM_S, Release, eventually, run, seconds_until
from tests.e2e.test_chart import confined, left

REDIS = ("--selector", "app.kubernetes.io/component=redis")
NODE = "jsonpath={.items[0].spec.nodeName}"
KILL = """
import os, pathlib, signal
for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
    if path.read_bytes().startswith(b"ray::ServeReplica:wiki-digest:{}"):
        os.kill(int(path.parent.name), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def busy(release: Release) -> Busy:
    """A release that may take all cores."""
    return busy_with(release, 'logging={"toStdout": true, "encoding": "JSON"}')


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
    release.upgrade("deployments.Entities.user_config.max_batch_size=4")
    release.wait()
    assert release.replicas() == before


def change_a_setting(release: Release) -> None:
    """All replicas are started again, one after the other, in the same pods."""
    replicas, pods = release.replicas(), release.ready("worker").keys()
    release.upgrade("settings.summarizer.sentences=2")
    release.wait()
    assert release.replicas().isdisjoint(replicas)
    assert release.ready("worker").keys() == pods


@pytest.mark.parametrize(
    "event",
    [
        drain_a_node,  # all are on one node then
        delete_a_worker,  # on both again: the nodes here have equal shares of the cores
        restart_the_operator,
        kill_a_replica_of_a_stage,
        kill_a_replica_of_the_driver,
        delete_the_head,
        ask_with_helm_test,
        change_what_serve_changes_live,
        change_a_setting,
    ],
)
def test_no_request_is_lost(
    busy: Busy,
    event: Callable[[Release], None],
    record_property: Callable[[str, object], None],
) -> None:
    """Nor is any slow, whatever happens, at about half of what the release can do here."""
    load = busy.during(event)
    record_property("load", load.row(event.__name__.replace("_", " ")))
    assert load.lost == []
    assert load.slowest_s < busy.slowest_s


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
