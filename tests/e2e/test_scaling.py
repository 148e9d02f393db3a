"""Autoscaling of workers, and scheduling on GPUs.

A node advertises a GPU that it does not have: Kubernetes and Ray count it, the models run on the
CPU.
"""

import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http import HTTPStatus
from typing import Any

import pytest
import requests
import yaml
from kubernetes import client

from tests.e2e.load import ONE_TO_THREE, Load
from tests.e2e.support import (
    LONG_S,
    MEDIUM_S,
    Release,
    run,
    seconds_until,
    tried,
)
from tests.e2e.test_chart import confined
from tests.support.eventually import eventually

COMMAND = (sys.executable, "-m", "app.cli")
RESOURCE = "nvidia.com/gpu"
GIVEN = "assigned threads: 1, GPUs: 0.5, GPUs by number: ['0']"
WAITING = "'GPU': 0.5"
LOOK = """
import os, ray
ray.init(address="auto", log_to_driver=False)
look = ray.remote(lambda: os.environ.get("CUDA_VISIBLE_DEVICES"))
here = look.options(num_cpus=0, label_selector={"wiki-digest/group": "gpu"})
print(f"sees {ray.get(here.remote())!r}")
"""
DEADLINE_S = 150
TO_ZERO = ONE_TO_THREE | {"min_replicas": 0, "max_replicas": 1, "downscale_delay_s": 600}
RESOURCES = {"requests": {"cpu": "300m", "memory": "1Gi"}, "limits": {"memory": "2Gi"}}
ONE = {"num_replicas": 1, "max_replicas_per_node": None}
VALUES = {
    "settings": {"digest": {"deadline_s": DEADLINE_S, "cache_size": 0}},
    "requestTimeoutSeconds": DEADLINE_S + 10,
    "autoscaler": {"idleTimeoutSeconds": 10},
    "head": {"env": [{"name": "RAY_SERVE_NODE_COMPACTION_DELAY_S", "value": "1"}]},
    "workers": {
        "cpu": {"minReplicas": 1, "replicas": 1, "maxReplicas": 2, "resources": RESOURCES},
        "gpu": {
            "minReplicas": 0,
            "replicas": 0,
            "maxReplicas": 1,
            "numCpus": 1,
            "gpu": {"resource": RESOURCE, "count": 1},
            "nodeSelector": {"pool": "gpu"},
            "resources": RESOURCES,
        },
    },
    "deployments": {
        "Digest": ONE,
        "Sentiment": ONE
        | {"autoscaling_config": ONE_TO_THREE, "ray_actor_options": {"num_cpus": 0.5}},
        "Summarizer": ONE | {"autoscaling_config": TO_ZERO, "ray_actor_options": {"num_gpus": 0.5}},
        "Entities": ONE | {"autoscaling_config": TO_ZERO, "ray_actor_options": {"num_gpus": 0.5}},
    },
}


@pytest.fixture(scope="module")
def gpu_node(cluster: str) -> Iterator[str]:
    """A node that advertises one GPU, with a taint for pods that do not request it."""
    assert cluster
    nodes = client.CoreV1Api().list_node(label_selector="!node-role.kubernetes.io/control-plane")
    name = nodes.items[-1].metadata.name
    _patch(name, {"op": "add", "path": "/status/capacity/nvidia.com~1gpu", "value": "1"})
    run("kubectl", "label", "node", name, "pool=gpu", "--overwrite")
    run("kubectl", "taint", "node", name, f"{RESOURCE}=present:NoSchedule", "--overwrite")
    yield name
    run("kubectl", "taint", "node", name, f"{RESOURCE}-")
    run("kubectl", "label", "node", name, "pool-")
    _patch(name, {"op": "remove", "path": "/status/capacity/nvidia.com~1gpu"})


@pytest.fixture(scope="module")
def scaled(release: Release, gpu_node: str) -> Release:
    """A release that starts with one worker, without a GPU."""
    assert gpu_node
    release.upgrade(*(f"{key}={json.dumps(value)}" for key, value in VALUES.items()))
    eventually("the ingress routes traffic to the release", lambda: _answers(release), LONG_S)
    assert _workers(release, "gpu") == []
    return release


def test_the_first_request_waits_for_a_worker_with_a_gpu(
    scaled: Release, record_property: Callable[[str, object], None]
) -> None:
    started = time.monotonic()
    answer = scaled.get("/v1/digest?term=ada+lovelace", within_s=DEADLINE_S).json()
    seconds = time.monotonic() - started
    row = ("first answer, from no GPU worker at all", "1", "0", f"{seconds:.2f} s", "")
    record_property("load", row)
    assert answer["status"] == "ok"


def test_two_halves_share_one_gpu_on_its_node(scaled: Release) -> None:
    (worker,) = _workers(scaled, "gpu")
    nodes = [pod.spec.node_name for pod in scaled.pods()]
    assert nodes.count(worker.spec.node_name) == 1
    given = {
        line["deployment"]: line["message"]
        for line in scaled.logs(worker.metadata.name)
        if "GPUs by number" in line["message"]
    }
    assert given == dict.fromkeys(("wiki-digest_Summarizer", "wiki-digest_Entities"), GIVEN)
    others = scaled.replicas("Digest") | scaled.replicas("Sentiment")
    assert others
    assert not any(replica.startswith(worker.metadata.name) for replica in others)


def test_neither_ray_nor_its_autoscaler_runs_as_root(scaled: Release) -> None:
    assert confined(scaled) == {"ray-head", "ray-worker", "autoscaler", "logs"}


def test_the_logs_container_writes_the_lines_of_a_head_with_an_autoscaler(scaled: Release) -> None:
    """KubeRay would give Ray's files a volume of their own, which the container does not see."""
    (head,) = scaled.ready("head")
    lines = scaled.logs(head)
    assert "controller" in {line.get("component_name") for line in lines}
    files = {line["file"] for line in lines if "file" in line}
    assert {"gcs_server.out", "monitor.log"} <= files


def test_a_task_without_a_gpu_sees_none(scaled: Release) -> None:
    (worker,) = _workers(scaled, "gpu")
    seen = scaled.inside(worker.metadata.name, "python3", "-c", LOOK)
    assert seen.splitlines()[-1] == "sees ''"


def test_a_node_with_a_gpu_accepts_only_pods_that_tolerate_its_taint(scaled: Release) -> None:
    (worker,) = _workers(scaled, "gpu")
    spec = worker.spec
    assert any(t.key == RESOURCE and t.effect == "NoSchedule" for t in spec.tolerations)
    spec.tolerations = [t for t in spec.tolerations if t.key != RESOURCE]
    spec.node_name = None
    metadata = client.V1ObjectMeta(name="stranger")
    stranger = client.V1Pod(metadata=metadata, spec=spec)
    client.CoreV1Api().create_namespaced_pod(scaled.namespace, stranger)
    waits = eventually("the scheduler has tried the pod", lambda: _unscheduled(scaled), MEDIUM_S)
    kept_out = re.findall(r"(\d+) node\(s\) had untolerated taint", waits)
    assert sum(map(int, kept_out)) == 2, waits  # the control plane and the node with the GPU
    client.CoreV1Api().delete_namespaced_pod("stranger", scaled.namespace)


def test_replicas_and_workers_follow_the_load_without_lost_requests(
    scaled: Release, record_property: Callable[[str, object], None]
) -> None:
    with Load(scaled) as load:
        up = seconds_until("three replicas", lambda: len(scaled.replicas("Sentiment")) == 3)
        eventually(
            "two workers, and the one with the GPU",
            lambda: len(scaled.ready("worker")) == 3,
            MEDIUM_S,
        )
    with Load(scaled, rate=0.5) as gentle:
        down = seconds_until("one replica", lambda: len(scaled.replicas("Sentiment")) == 1)
        gone = seconds_until("one worker", lambda: len(_workers(scaled, "cpu")) == 1)
    record_property("load", load.row("1 to 3 replicas, 1 to 2 workers", f"after {up:.0f} s"))
    after = f"after {down:.0f} s, and {gone:.0f} s more"
    record_property("load", gentle.row("back to 1, and to 1", after))
    assert load.lost + gentle.lost == []


def test_a_third_half_is_unplaced_in_the_plan_and_pending_in_ray(scaled: Release) -> None:
    service = _service(scaled)
    config = yaml.safe_load(service["spec"]["serveConfigV2"])
    (half,) = (d for d in config["applications"][0]["deployments"] if d["name"] == "Summarizer")
    half["autoscaling_config"] |= {"min_replicas": 2, "max_replicas": 2}
    service["spec"]["serveConfigV2"] = yaml.safe_dump(config)
    planned = tried(*COMMAND, "plan", "--file", "-", given=json.dumps(service))
    assert planned.returncode == 1
    assert "Summarizer: no worker has room for 1 of its replicas" in planned.stdout
    run("kubectl", "replace", "--filename", "-", given=json.dumps(service))
    (head,) = scaled.ready("head")
    eventually(
        "Ray reports the pending half",
        lambda: WAITING in scaled.inside(head, "ray", "status"),
        MEDIUM_S,
    )


def _patch(node: str, change: dict[str, str]) -> None:
    client.CoreV1Api().patch_node_status(node, [change])


def _answers(release: Release) -> bool:
    """Whether the page is served, ready or not."""
    with suppress(requests.RequestException):
        return release.get("/", Accept="text/html").status_code == HTTPStatus.OK
    return False


def _unscheduled(release: Release) -> str:
    """Why the pod `stranger` has no node; empty until the scheduler has tried it."""
    pod = client.CoreV1Api().read_namespaced_pod("stranger", release.namespace)
    return next((c.message for c in pod.status.conditions or () if c.type == "PodScheduled"), "")


def _workers(release: Release, group: str) -> list[Any]:
    """The pods of a worker group that are not being deleted."""
    return [pod for pod in release.pods() if pod.metadata.labels["ray.io/group"] == group]


def _service(release: Release) -> dict[str, Any]:
    """Its RayService, without the status and the resource version."""
    words = ["kubectl", "get", "rayservice", release.service, "--namespace", release.namespace]
    service: dict[str, Any] = json.loads(run(*words, "--output", "json"))
    del service["status"], service["metadata"]["resourceVersion"]
    return service
