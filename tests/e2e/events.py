"""What happens to a release under load; each event returns once the release is whole again."""

import itertools
import json
import re
import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kubernetes import client

from tests.e2e.support import LONG_S, MEDIUM_S, Release, run
from tests.support.eventually import eventually

REDIS = ("--selector", "app.kubernetes.io/component=redis")
NODE = "jsonpath={.items[0].spec.nodeName}"
CONTROLLER = "tail -qn 1 /tmp/ray/session_latest/logs/serve/controller_*.log"
"""A command that prints the last line of each controller's log: it may have restarted."""
TIME = re.compile(r"\[?(20\d\d-\d\d-\d\d \d\d:\d\d:\d\d),")
_SIZES, _SENTENCES = itertools.cycle((4, 6)), itertools.cycle((2, 3))
"""Of the settings that change: each change is one."""
SIGNAL = """
import contextlib, os, pathlib, signal
for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
    with contextlib.suppress(OSError):
        if path.read_bytes().startswith(b"ray::ServeReplica:wiki-digest:{}"):
            os.kill(int(path.parent.name), signal.{})
"""


def evict_a_worker(release: Release) -> None:
    """The other one may not be evicted meanwhile; wait for the replacement."""
    gone, other = sorted(release.ready("worker"))[:2]
    with release.followed(gone) as lines:
        _evict(release, gone)
        with pytest.raises(client.ApiException, match="disruption budget"):
            _evict(release, other)
        eventually("two ready workers again", lambda: _others(release, gone) == 2, LONG_S)
    release.wait()
    _has_last_lines_of_a_worker(lines)


def restart_the_operator(_: Release) -> None:
    """Serving does not depend on the operator."""
    run("kubectl", "rollout", "restart", "deployment/kuberay-operator", "-n", "default")
    run("kubectl", "rollout", "status", "deployment/kuberay-operator", "-n", "default")


def delete_redis(release: Release) -> None:
    """Its data is on a volume. The head's container restarts, and no replica is replaced.

    Ray's GCS ends with its connection.
    """
    replicas, heads, (gone,) = release.replicas(), release.ready("head").keys(), _redis(release)
    keys = _keys(release, gone)
    run("kubectl", "delete", "pod", gone, "--namespace", release.namespace)
    eventually("another ready Redis", lambda: _redis(release) - {gone}, LONG_S)
    (found,) = _redis(release) - {gone}
    assert keys > 0
    eventually("as many keys", lambda: _keys(release, found) == keys, MEDIUM_S)
    release.wait()
    assert release.replicas() == replicas
    assert release.ready("head").keys() == heads


def kill_a_replica_of_a_stage(release: Release) -> None:
    """As the kernel does when it is out of memory."""
    _signal(release, "Entities", "SIGKILL")


def kill_a_replica_of_the_driver(release: Release) -> None:
    """With its requests in progress."""
    _signal(release, "Digest", "SIGKILL")


def stall_a_replica_of_a_stage(release: Release) -> float:
    """It holds its requests, and answers no health check; since when, of the monotonic clock."""
    return _signal(release, "Entities", "SIGSTOP")


def stall_a_replica_of_the_driver(release: Release) -> float:
    """Its connections stay open, the kernel accepts more; since when, of the monotonic clock."""
    return _signal(release, "Digest", "SIGSTOP")


def delete_the_head(release: Release) -> None:
    """Workers serve without it; its replacement loads the state from Redis.

    The operator asks it every two seconds until it ends.
    """
    ((gone, head),) = release.ready("head").items()
    lasts, begun = release.inside(gone, "sh", "-c", CONTROLLER).splitlines(), datetime.now(UTC)
    sidecars = [one for one in head.status.init_container_statuses if one.name == "logs"]
    earlier = release.logs(gone, "--previous") if sidecars[0].restart_count else []
    with release.followed(gone) as lines:
        run("kubectl", "delete", "pod", gone, "--namespace", release.namespace)
        eventually("another ready head", lambda: release.ready("head").keys() - {gone}, LONG_S)
    release.wait()
    assert lasts
    for last in map(json.loads, lasts):
        assert last["component_name"] == "controller"
        assert any(last.items() <= line.items() for line in [*earlier, *lines])
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
        _drain(release, node, "--ignore-daemonsets")
    assert any("received SIGTERM" in line["message"] for line in lines)


def drain_the_nodes_of_all_workers(release: Release) -> None:
    """If one node has them all, a worker stays there until another one is replaced."""
    for node in sorted({pod.spec.node_name for pod in release.ready("worker").values()}):
        _drain(release, node, "--pod-selector=ray.io/node-type=worker")


def ask_with_helm_test(release: Release) -> None:
    """From a separate pod."""
    run("helm", "test", release.name, "--namespace", release.namespace)


def change_what_serve_changes_live(release: Release) -> None:
    """No pod or replica restarts."""
    before = release.replicas()
    release.upgrade(f"deployments.Entities.user_config.max_batch_size={next(_SIZES)}")
    release.wait()
    assert release.replicas() == before


def change_a_setting(release: Release) -> None:
    """All replicas restart in turn, in the same pods."""
    replicas, pods = release.replicas(), release.ready("worker").keys()
    release.upgrade(f"settings.summarizer.sentences={next(_SENTENCES)}")
    release.wait()
    assert release.replicas().isdisjoint(replicas)
    assert release.ready("worker").keys() == pods


def _redis(release: Release) -> set[str]:
    """The name of the pod of Redis, once it is ready."""
    is_ready = "@.status.containerStatuses[0].ready==true"
    ready = f"jsonpath={{range .items[?({is_ready})]}}{{.metadata.name}} {{end}}"
    return set(run("kubectl", "get", "pod", "-n", release.namespace, *REDIS, "-o", ready).split())


def _keys(release: Release, redis: str) -> int:
    """The number of keys that a Redis has."""
    asked = 'REDISCLI_AUTH="$PASSWORD" redis-cli dbsize'
    answer = release.inside(redis, "sh", "-c", asked)
    return int(answer) if answer.isdecimal() else 0  # it reads its file


def _drain(release: Release, node: str, *options: str) -> None:
    try:
        with ThreadPoolExecutor() as pool:
            drain = "kubectl", "drain", node, "--delete-emptydir-data", *options
            drained = pool.submit(run, *drain)
            eventually("the end of the drain", lambda: _has_ended(drained, release), LONG_S)
        drained.result()
        ready = "two ready workers on other nodes"
        eventually(ready, lambda: _elsewhere(release, node) == 2, LONG_S)
    finally:
        run("kubectl", "uncordon", node)
    release.wait()


def _has_ended(drained: Future[str], release: Release) -> bool:
    """Whether a drain has ended. Meanwhile one worker at least is ready, all the time."""
    assert release.ready("worker")
    return drained.done()


def _evict(release: Release, pod: str) -> None:
    """As a drain of its node does."""
    eviction = client.V1Eviction(metadata=client.V1ObjectMeta(name=pod))
    client.CoreV1Api().create_namespaced_pod_eviction(pod, release.namespace, eviction)


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


def _signal(release: Release, deployment: str, signal: str) -> float:
    """Send a signal to a replica, and wait for its replacement; when it was sent."""
    pod = min(release.ready("worker"))
    before = release.replicas()
    release.inside(pod, "python3", "-c", SIGNAL.format(deployment, signal))
    sent = time.monotonic()
    eventually("another replica", lambda: release.replicas() - before, MEDIUM_S)
    release.wait()
    return sent
