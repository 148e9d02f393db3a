"""What takes a node, the network or the memory away; each returns once the release is whole."""

import os
import re
import time
from functools import partial
from threading import Event

from tests.chaos.nodes import (
    FIRST,
    SECOND,
    cut,
    dead,
    placed,
    pod_on,
    silent,
    until_not_ready,
)
from tests.e2e.support import LONG_S, MEDIUM_S, ROOT, Release, run
from tests.support.eventually import eventually

CUT_S = 30.0
SILENT_S = float(os.environ.get("CHAOS_SILENT_S", "0"))
"""How long nobody looks after a head whose node is silent."""
SANDBOX = """
for process in $(pgrep -x pause); do
  grep -q {uid} /proc/$process/cgroup && kill -9 $process
done
"""
HOG = """
import os, pathlib, time
for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
    if path.read_bytes().startswith(b"ray::ServeReplica:wiki-digest:Entities"):
        (path.parent / "oom_score_adj").write_text("1000")
        victim = path.parent
while victim.exists():
    if not os.fork():
        held = os.urandom(1) * 64_000_000
        while victim.exists():
            time.sleep(0.2)
        os._exit(0)
    time.sleep(0.2)
"""
"""Small processes take memory until the kernel ends the replica that it prefers."""


def a_workers_node_is_silent(release: Release) -> float:
    """Its endpoint is removed once Kubernetes knows; since when it is silent."""
    with silent(SECOND) as since:
        until_not_ready(SECOND)
    whole(release)
    return since


def a_workers_node_is_dead(release: Release) -> None:
    """Connections to it break at once."""
    with dead(SECOND):
        until_not_ready(SECOND)
    whole(release)


def the_heads_node_is_silent(release: Release) -> None:
    """For good: after a while a person says so, by the steps of the runbook."""
    (gone,) = release.ready("head")
    with silent(FIRST):
        until_not_ready(FIRST)
        Event().wait(SILENT_S)
        out_of_service, back = runbook(FIRST)
        run(*out_of_service)
        eventually("another ready head", lambda: release.ready("head").keys() - {gone}, MEDIUM_S)
        eventually("no pod of the node is left", lambda: not _pods_of(FIRST), MEDIUM_S)
        run(*back)
    whole(release)


def the_heads_node_is_dead(release: Release) -> None:
    """It starts again, and the head with it."""
    with dead(FIRST):
        until_not_ready(FIRST)
    whole(release)


def redis_is_silent(release: Release) -> None:
    """The head has no state meanwhile; workers serve."""
    with silent(FIRST):
        until_not_ready(FIRST)
    whole(release)


def redis_is_dead(release: Release) -> None:
    """Its node starts again, and Redis with what it wrote."""
    with dead(FIRST):
        until_not_ready(FIRST)
    whole(release)


def runbook(node: str) -> list[list[str]]:
    """What docs/runbooks.md says of a head whose node is gone for good: its commands."""
    text = (ROOT / "docs" / "runbooks.md").read_text("utf-8")
    section = text.partition("## WikiDigestHeadDown\n")[2].partition("\n## ")[0]
    commands = re.findall(r"^(kubectl taint .+)$", section, re.MULTILINE)
    return [command.replace("NODE", node).split() for command in commands]


def _pods_of(node: str) -> list[str]:
    """The release's pods that Kubernetes knows on a node."""
    options = ["--selector", "ray.io/is-ray-node=yes", "--field-selector", f"spec.nodeName={node}"]
    return run("kubectl", "get", "pods", "-A", *options, "--output", "name").split()


def the_head_is_cut_off(release: Release) -> None:
    """Workers serve without it; it must not end what it cannot reach for half a minute."""
    (head,) = release.ready("head").values()
    workers = [pod.status.pod_ip for pod in release.ready("worker").values()]
    before = release.replicas()
    with cut(head.spec.node_name, head.status.pod_ip, workers):
        Event().wait(CUT_S)
    whole(release)
    assert release.replicas() == before


def workers_are_cut_off_from_each_other(release: Release) -> None:
    """Each driver reaches the stages of its own pod only; no replica has to be replaced."""
    one, other = release.ready("worker").values()
    before = release.replicas()
    with cut(one.spec.node_name, one.status.pod_ip, [other.status.pod_ip]):
        Event().wait(CUT_S)
    whole(release)
    assert release.replicas() == before


def a_sandbox_is_killed(release: Release) -> None:
    """A pod with all its containers, without a word."""
    pod = pod_on(release.ready("worker"), SECOND).metadata
    uid = pod.uid.replace("-", "[-_]")
    run("docker", "exec", SECOND, "bash", "-c", f"{SANDBOX.format(uid=uid)} true")
    eventually("the pod fails", lambda: pod.name not in release.ready("worker"), MEDIUM_S)
    whole(release)


def memory_runs_out(release: Release) -> None:
    """The kernel ends a replica of a stage."""
    pod = pod_on(release.ready("worker"), SECOND).metadata.name
    before = release.replicas("Entities")
    release.inside(pod, "bash", "-c", 'python3 -c "$0" || true', HOG)
    eventually("another replica", lambda: release.replicas("Entities") - before, MEDIUM_S)
    whole(release)


def tmp_is_full(release: Release) -> None:
    """The kubelet evicts the pod."""
    pod = pod_on(release.ready("worker"), SECOND).metadata.name
    fill = "head -c 3G /dev/zero > /tmp/full || true"
    release.inside(pod, "bash", "-c", fill)
    eventually("the pod is gone", lambda: pod not in release.ready("worker"), LONG_S)
    whole(release)


def arrange(release: Release, head: str, redis: str) -> None:
    """Let the head and Redis run on these nodes."""
    release.upgrade(*placed(head, redis), "deployments.Entities.num_replicas=2")
    whole(release)
    ((name, pod),) = release.ready("head").items()
    if pod.spec.node_name != head:
        run("kubectl", "delete", "pod", name, "--namespace", release.namespace)
    eventually("the head is there", lambda: _heads_nodes(release) == [head], LONG_S)
    whole(release)


def drivers_are_cut_off_from_a_stage(release: Release) -> float:
    """One of two drivers, from the only replica; when the network is back."""
    (where,) = release.replicas("Entities")
    workers = release.ready("worker")
    called = workers.pop(where.split()[0])
    (caller,) = workers.values()
    with cut(caller.spec.node_name, caller.status.pod_ip, [called.status.pod_ip]):
        Event().wait(CUT_S)
    return time.monotonic()


def _heads_nodes(release: Release) -> list[str]:
    return [pod.spec.node_name for pod in release.ready("head").values()]


def whole(release: Release) -> None:
    """Wait for a head, both workers, and all their replicas."""
    eventually("a ready head", lambda: len(release.ready("head")) == 1, LONG_S)
    eventually("two ready workers", lambda: len(release.ready("worker")) == 2, LONG_S)
    release.wait()
    counts = {"Digest": 2, "Sentiment": 2, "Summarizer": 2, "Entities": 2}
    for name, count in counts.items():
        has_all = partial(_has, release, name, count)
        eventually(f"{count} replicas of {name}", has_all, LONG_S)


def _has(release: Release, name: str, count: int) -> bool:
    return len(release.replicas(name)) == count
