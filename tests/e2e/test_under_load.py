"""Failures and changes of a cluster under load: no request is lost."""

import json
import re
from collections.abc import Callable

import pytest

from tests.e2e.events import (
    ask_with_helm_test,
    change_a_setting,
    change_what_serve_changes_live,
    delete_redis,
    delete_the_head,
    drain_a_node,
    drain_the_nodes_of_all_workers,
    evict_a_worker,
    kill_a_replica_of_a_stage,
    kill_a_replica_of_the_driver,
    restart_the_operator,
)
from tests.e2e.load import ONE_TO_THREE, SLOWEST_S, VOLUME, Busy, Load, busy_with
from tests.e2e.support import LONG, MEDIUM_S, SHORT_S, Release, run, seconds_until, tried
from tests.e2e.test_chart import confined
from tests.support.eventually import eventually

POLICY = {
    "policy_function": "app.serving.scaling:QueueLength",
    "policy_kwargs": {"queued": 1, "ongoing": 1},
}
BY_QUEUE = ONE_TO_THREE | {"policy": POLICY}
"""By a policy of the image."""
ALWAYS_TWO = {
    "policy_function": "app.serving.scaling:Schedule",
    "policy_kwargs": {"times": {"00:00": 2}},
}
BY_TIME = ONE_TO_THREE | {"max_replicas": 2, "policy": ALWAYS_TWO}
"""By the other one: without it, an idle deployment would have one replica."""


@pytest.fixture(scope="module")
def busy(release: Release) -> Busy:
    """A release without a limit on cores, whose Redis has a volume."""
    return busy_with(release, VOLUME)


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
        return {line["deployment"] for line in own if line.get("outcome") == "ok"}

    eventually("a line of each deployment", lambda: len(answered()) == 4, MEDIUM_S)


def test_neither_redis_nor_the_logs_container_runs_as_root(busy: Busy) -> None:
    assert confined(busy.release) == {"ray-head", "ray-worker", "redis", "logs"}


def test_no_controller_takes_a_field_of_the_chart(busy: Busy) -> None:
    """Another manager, as Argo CD, would have conflicts with Helm only."""
    release = busy.release
    made = run("helm", "get", "manifest", release.name, "--namespace", release.namespace)
    manager = "--server-side", "--field-manager=argocd-controller", "--dry-run=server"
    namespace = "--namespace", release.namespace
    told = tried("kubectl", "apply", *manager, *namespace, "-f", "-", given=made).stderr
    assert set(re.findall(r'conflicts? with "([^"]+)"', told)) == {"helm"}, told


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(drain_a_node, marks=LONG),  # then all workers are on one node
        pytest.param(drain_the_nodes_of_all_workers, marks=LONG),  # on the other one
        evict_a_worker,  # on both again: the nodes share the cores equally
        restart_the_operator,
        delete_redis,
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
    assert load.slowest_s < SLOWEST_S


def test_replicas_follow_the_load_on_a_fixed_number_of_workers(
    busy: Busy, record_property: Callable[[str, object], None]
) -> None:
    """With one replica of Entities, the second worker has room for two of Sentiment.

    The first requests use connections that are older than the driver's replicas.
    """
    release, workers = busy.release, busy.release.ready("worker").keys()
    one_each = {"max_replicas_per_node": None, "max_ongoing_requests": 1}
    scaled = one_each | {"autoscaling_config": BY_QUEUE}
    release.upgrade(
        f"deployments.Sentiment={json.dumps(scaled)}",
        f"deployments.Summarizer.autoscaling_config={json.dumps(BY_TIME)}",
        "deployments.Entities.num_replicas=1",
    )
    release.wait()
    with Load(release) as load:
        up = seconds_until("three replicas", lambda: len(release.replicas("Sentiment")) == 3)
    with Load(release, rate=0.5) as gentle:
        down = seconds_until("one replica", lambda: len(release.replicas("Sentiment")) == 1)
    record_property("load", load.row("1 to 3 replicas, on two workers", f"after {up:.0f} s"))
    record_property("load", gentle.row("back to 1", f"after {down:.0f} s"))
    assert load.lost + gentle.lost == []
    assert len(release.replicas("Summarizer")) == 2
    assert release.ready("worker").keys() == workers
