"""Failures and changes of a cluster under load: no request is lost."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.e2e.load import ONE_TO_THREE, Busy, Load, busy_with
from tests.e2e.support import LONG_S, MEDIUM_S, SHORT_S, Release, run, seconds_until
from tests.e2e.test_chart import confined, left
from tests.support.eventually import eventually

REDIS = ("--selector", "app.kubernetes.io/component=redis")
NODE = "jsonpath={.items[0].spec.nodeName}"
TIME = re.compile(r"\[?(20\d\d-\d\d-\d\d \d\d:\d\d:\d\d),")
KILL = """
import os, pathlib, signal
for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
    if path.read_bytes().startswith(b"ray::ServeReplica:wiki-digest:{}"):
        os.kill(int(path.parent.name), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def busy(release: Release) -> Busy:
    """A release without a limit on cores."""
    return busy_with(release)


def test_the_logs_container_writes_every_line_of_ray_serve_and_haproxy_as_json(
    busy: Busy,
) -> None:
    (head,), worker = busy.release.ready("head"), min(busy.release.ready("worker"))
    of_head, of_worker = busy.release.logs(head), busy.release.logs(worker)
    deployments = {line.get("deployment") for line in of_worker}
    assert {"wiki-digest_Digest", "wiki-digest_Entities"} <= deployments
    assert {"controller", "proxy"} <= {line.get("component_name") for line in of_head}
    for node, lines in (("head", of_head), ("worker", of_worker)):
        wrapped = {(line["node"], line["file"]) for line in lines if "file" in line}
        assert {(node, "raylet.out"), (node, "dashboard_agent.log")} <= wrapped
        assert any(file.startswith("haproxy/") for _, file in wrapped)
    assert ("head", "gcs_server.out") in {(line.get("node"), line.get("file")) for line in of_head}


def test_a_request_has_one_id_in_the_logs_of_all_pods(busy: Busy) -> None:
    """And in its response; the ingress passes a valid one on."""
    path, given = "/v1/digest?term=ada+lovelace", "from-the-client"
    response = busy.release.get(path, SHORT_S, **{"X-Request-Id": given})
    assert response.headers["X-Request-Id"] == given

    def answered() -> set[str]:
        lines = [line for pod in busy.release.ready("worker") for line in busy.release.logs(pod)]
        own = [line for line in lines if line.get("request_id") == given]
        return {line["deployment"] for line in own if line["outcome"] == "ok"}

    eventually("a line of each deployment", lambda: len(answered()) == 4, SHORT_S)


def test_neither_redis_nor_the_logs_container_runs_as_root(busy: Busy) -> None:
    assert confined(busy.release) == {"ray-head", "ray-worker", "redis", "logs"}


def delete_a_worker(release: Release) -> None:
    """As an eviction does; wait for its replacement."""
    gone = min(release.ready("worker"))
    with release.followed(gone) as lines:
        run("kubectl", "delete", "pod", gone, "--namespace", release.namespace)
        eventually("two ready workers again", lambda: _others(release, gone) == 2, LONG_S)
    _has_last_lines_of_a_worker(lines)


def restart_the_operator(_: Release) -> None:
    """Serving does not depend on the operator."""
    run("kubectl", "rollout", "restart", "deployment/kuberay-operator", "-n", "default")
    run("kubectl", "rollout", "status", "deployment/kuberay-operator", "-n", "default")


def kill_a_replica_of_a_stage(release: Release) -> None:
    """As the kernel does when it is out of memory."""
    _kill(release, "Entities")


def kill_a_replica_of_the_driver(release: Release) -> None:
    """With its requests in progress."""
    _kill(release, "Digest")


def delete_the_head(release: Release) -> None:
    """Workers serve without it; its replacement loads the state from Redis.

    The operator asks it every two seconds until it ends.
    """
    (gone,) = release.ready("head")
    begun = datetime.now(UTC)
    with release.followed(gone) as lines:
        run("kubectl", "delete", "pod", gone, "--namespace", release.namespace)
        eventually("another ready head", lambda: release.ready("head").keys() - {gone}, LONG_S)
    assert any(line.get("component_name") == "controller" for line in lines)
    assert _last_time_in(lines) > begun - timedelta(seconds=5)


def drain_a_node(release: Release) -> None:
    """A node with a worker and the head, which Redis is not on; another node takes its pods.

    Without a head the replicas are not told to end, so that the last lines are the raylet's.
    """
    where = run("kubectl", "get", "pod", "-n", release.namespace, *REDIS, "-o", NODE)
    workers = release.ready("worker").values()
    worker = next(pod for pod in workers if pod.spec.node_name != where)
    node = worker.spec.node_name
    with release.followed(worker.metadata.name) as lines:
        run("kubectl", "drain", node, "--ignore-daemonsets", "--delete-emptydir-data")
    assert any("received SIGTERM" in line["message"] for line in lines)
    try:
        eventually(
            "two ready workers on other nodes", lambda: _elsewhere(release, node) == 2, LONG_S
        )
    finally:
        run("kubectl", "uncordon", node)


def ask_with_helm_test(release: Release) -> None:
    """From a separate pod."""
    run("helm", "test", release.name, "--namespace", release.namespace)


def change_what_serve_changes_live(release: Release) -> None:
    """No pod or replica restarts."""
    before = release.replicas()
    release.upgrade("deployments.Entities.user_config.max_batch_size=4")
    release.wait()
    assert release.replicas() == before


def change_a_setting(release: Release) -> None:
    """All replicas restart in turn, in the same pods."""
    replicas, pods = release.replicas(), release.ready("worker").keys()
    release.upgrade("settings.summarizer.sentences=2")
    release.wait()
    assert release.replicas().isdisjoint(replicas)
    assert release.ready("worker").keys() == pods


@pytest.mark.parametrize(
    "event",
    [
        drain_a_node,  # then all workers are on one node
        delete_a_worker,  # on both again: the nodes share the cores equally
        restart_the_operator,
        kill_a_replica_of_a_stage,
        kill_a_replica_of_the_driver,
        delete_the_head,
        ask_with_helm_test,
        change_what_serve_changes_live,
        change_a_setting,
    ],
)
def test_no_request_is_lost_or_slow(
    busy: Busy,
    event: Callable[[Release], None],
    record_property: Callable[[str, object], None],
) -> None:
    load = busy.during(event)
    record_property("load", load.row(event.__name__.replace("_", " ")))
    assert load.lost == []
    assert load.slowest_s < busy.slowest_s


def test_replicas_follow_the_load_on_a_fixed_number_of_workers(
    busy: Busy, record_property: Callable[[str, object], None]
) -> None:
    """With one replica of Entities, the second worker has room for two of Sentiment.

    The first requests use connections that are older than the driver's replicas.
    """
    release, workers = busy.release, busy.release.ready("worker").keys()
    scaled = {"autoscaling_config": ONE_TO_THREE, "max_replicas_per_node": None}
    values = f"deployments.Sentiment={json.dumps(scaled)}", "deployments.Entities.num_replicas=1"
    release.upgrade(*values)
    release.wait()
    with Load(release) as load:
        up = seconds_until("three replicas", lambda: len(release.replicas("Sentiment")) == 3)
    with Load(release, rate=0.5) as gentle:
        down = seconds_until("one replica", lambda: len(release.replicas("Sentiment")) == 1)
    record_property("load", load.row("1 to 3 replicas, on two workers", f"after {up:.0f} s"))
    record_property("load", gentle.row("back to 1", f"after {down:.0f} s"))
    assert load.lost + gentle.lost == []
    assert release.ready("worker").keys() == workers


def _has_last_lines_of_a_worker(lines: list[dict[str, Any]]) -> None:
    """The sidecar ends after Ray: all four replicas say that they end, and then the raylet."""
    ended = {line["deployment"] for line in lines if "replica exiting" in line["message"]}
    assert len(ended) == 4
    assert any("received SIGTERM" in line["message"] for line in lines)


def _last_time_in(lines: list[dict[str, Any]]) -> datetime:
    """When Ray wrote the last of the lines that begin with their time, in UTC."""
    found = [TIME.match(line["message"]) for line in lines]
    return datetime.fromisoformat(max(one[1] for one in found if one) + "+00:00")


def _others(release: Release, gone: str) -> int:
    """The number of ready workers, without one."""
    return len(release.ready("worker").keys() - {gone})


def _elsewhere(release: Release, node: str) -> int:
    """The number of ready workers on other nodes."""
    return sum(pod.spec.node_name != node for pod in release.ready("worker").values())


def _kill(release: Release, deployment: str) -> None:
    """Kill a replica, and wait for its replacement."""
    pod = min(release.ready("worker"))
    before = release.replicas()
    release.inside(pod, "python3", "-c", KILL.format(deployment))
    eventually("another replica", lambda: len(release.replicas() - before) == 1, MEDIUM_S)


def test_uninstalling_deletes_all_objects_of_redis_too(busy: Busy) -> None:
    busy.release.uninstall()
    eventually("all objects are deleted", lambda: left(busy.release) == set(), LONG_S)
