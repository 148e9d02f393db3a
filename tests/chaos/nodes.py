"""The nodes of the kind cluster: where pods run, and faults that last as long as their context."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from kubernetes import client

from tests.e2e.conftest import CLUSTER
from tests.e2e.support import LONG_S, MEDIUM_S, run
from tests.support.eventually import eventually

CONTROL, FIRST, SECOND = (f"{CLUSTER}-{name}" for name in ("control-plane", "worker", "worker2"))
HOST = "kubernetes.io/hostname"
MASTER = {"key": "node-role.kubernetes.io/control-plane", "operator": "Exists"}
OPERATOR = ("-n", "default", "deployment/kuberay-operator")


def use_the_control_plane(image: str) -> None:
    """Run the operator on the control plane, which is never broken, and let it run other pods."""
    operator = run("kubectl", "get", *OPERATOR, "-o", "jsonpath={..containers[0].image}")
    for name in (image, operator, "redis:7"):
        run("kind", "load", "docker-image", "--name", CLUSTER, "--nodes", CONTROL, name)
    pinned = {"nodeSelector": {HOST: CONTROL}, "tolerations": [MASTER]}
    patch = {"spec": {"template": {"spec": pinned}}}
    run("kubectl", "patch", *OPERATOR, "--patch", json.dumps(patch))
    run("kubectl", "rollout", "status", *OPERATOR)


def placed(head: str, redis: str) -> list[str]:
    """Values of a release: a worker on each of two nodes, Redis on its node, the head if possible.

    A head whose node is gone starts on another.
    """
    there = {"matchExpressions": [{"key": HOST, "operator": "In", "values": [head]}]}
    preferred = [{"weight": 100, "preference": there}]
    on_head: dict[str, object] = {"preferredDuringSchedulingIgnoredDuringExecution": preferred}
    given = {
        "head": {"affinity": {"nodeAffinity": on_head}, "tolerations": [MASTER]},
        "faultTolerance.redis": {"nodeSelector": {HOST: redis}, "tolerations": [MASTER]},
        "workers.cpu": {"affinity": _one_each(CONTROL, SECOND), "tolerations": [MASTER]},
    }
    return [f"{pod}.{k}={json.dumps(v)}" for pod, one in given.items() for k, v in one.items()]


def _one_each(*nodes: str) -> dict[str, object]:
    there = [{"matchExpressions": [{"key": HOST, "operator": "In", "values": nodes}]}]
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    workers = {"matchLabels": {"ray.io/node-type": "worker"}}
    own = ["ray.io/cluster"]  # not those of the cluster that an upgrade replaces
    apart = [{"topologyKey": HOST, "labelSelector": workers, "matchLabelKeys": own}]
    return {
        "nodeAffinity": {required: {"nodeSelectorTerms": there}},
        "podAntiAffinity": {required: apart},
    }


@contextmanager
def silent(node: str) -> Iterator[float]:
    """A node as without power: connections to it stay open, and nothing answers; since when.

    Its processes stop, and its packets are dropped: the kernel, which it shares with the others,
    would accept connections and acknowledge requests.
    """
    nft("nft add table ip silent", node)
    for way in ("prerouting", "output"):
        chain = f"{{ type filter hook {way} priority -300; policy drop; }}"
        nft(f"nft add chain ip silent {way} '{chain}'", node)
    run("docker", "pause", node)
    try:
        yield time.monotonic()
    finally:
        run("docker", "unpause", node)
        nft("nft delete table ip silent", node)
        until_ready(node)


@contextmanager
def dead(node: str) -> Iterator[None]:
    """All processes of a node are killed, as by a reset; it starts again at the end."""
    run("docker", "kill", node)
    try:
        yield
    finally:
        run("docker", "start", node)
        until_ready(node)


@contextmanager
def cut(node: str, inside: str, outside: Sequence[str]) -> Iterator[None]:
    """Packets between a pod on this node and the others, by their addresses, are dropped."""
    nft("nft add table ip cut", node)
    chain = "{ type filter hook forward priority -200; }"
    nft(f"nft add chain ip cut forward '{chain}'", node)
    for other in outside:
        nft(f"nft add rule ip cut forward ip saddr {inside} ip daddr {other} drop", node)
        nft(f"nft add rule ip cut forward ip saddr {other} ip daddr {inside} drop", node)
    try:
        yield
    finally:
        nft("nft delete table ip cut", node)


def nft(command: str, node: str) -> None:
    """Run a command in a shell of the node."""
    run("docker", "exec", node, "sh", "-c", command)


def is_ready(node: str) -> bool:
    """Whether the kubelet says so, and Kubernetes hears it."""
    conditions = client.CoreV1Api().read_node(node).status.conditions
    return any(one.type == "Ready" and one.status == "True" for one in conditions)


def until_ready(node: str) -> None:
    """Wait until Kubernetes hears from the node again."""
    eventually(f"{node} is ready", lambda: is_ready(node), LONG_S)


def until_not_ready(node: str) -> None:
    """Wait until Kubernetes knows that the node is silent, which takes 50 s."""
    eventually(f"{node} is not ready", lambda: not is_ready(node), MEDIUM_S)


def pod_on(pods: dict[str, Any], node: str) -> Any:
    """The one of these pods that runs on the node."""
    (pod,) = (one for one in pods.values() if one.spec.node_name == node)
    return pod
