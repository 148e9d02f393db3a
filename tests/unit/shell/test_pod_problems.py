from datetime import UTC, datetime, timedelta
from types import SimpleNamespace as Object

import pytest

from app.shell.pod_problems import pod_problems, unreached

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def pod(kind: str, cluster: str, status: str, seconds: float) -> Object:
    """A pod whose condition `Ready` has had this status for so long."""
    at = NOW - timedelta(seconds=seconds)
    ready = Object(type="Ready", status=status, last_transition_time=at)
    labels = {"ray.io/node-type": kind, "ray.io/cluster": cluster}
    return Object(metadata=Object(labels=labels), status=Object(conditions=[ready]))


def test_a_pod_has_a_sentence_for_each_reason_it_does_not_start() -> None:
    containers = [
        Object(state=Object(waiting=Object(reason=reason, message="m")))
        for reason in ("ImagePullBackOff", "ContainerCreating")
    ]
    scheduled = Object(type="PodScheduled", status="False", message="0/3 nodes")
    status = Object(
        conditions=[scheduled], init_container_statuses=None, container_statuses=containers
    )
    pod = Object(metadata=Object(name="p"), status=status)
    assert list(pod_problems(pod)) == ["p has no node: 0/3 nodes", "p waits, ImagePullBackOff: m"]


def test_a_head_of_which_kuberay_tells_nothing_is_not_reached() -> None:
    (said,) = unreached([pod("head", "a", "True", 16)], {"a"}, NOW)
    assert "operator.podSelector" in said


@pytest.mark.parametrize(
    "one",
    [
        pod("head", "a", "True", 14),
        pod("head", "a", "False", 99),
        pod("worker", "a", "True", 99),
        pod("head", "b", "True", 99),
        Object(metadata=Object(labels=None), status=Object(conditions=None)),
    ],
    ids=["just ready", "not ready", "a worker", "of another cluster", "new"],
)
def test_another_pod_tells_nothing_of_the_operator(one: Object) -> None:
    assert list(unreached([one], {"a"}, NOW)) == []
