from types import SimpleNamespace as Object

from app.shell.pod_problems import pod_problems


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
