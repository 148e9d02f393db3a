from types import SimpleNamespace as Thing
from typing import Any

import pytest
import yaml

from app.api.schemas import Item, Problem
from app.core.errors import ShellError
from app.core.values import Digest, combine
from app.shell.kube import parse, pod_problems
from app.shell.wait import UP, Observation, ProgressLog, WaitTimes, look, unplaced, wait
from tests.support.fakes import ENTITIES, SUMMARY, TONE, article

TERM = "ada lovelace"
DIGEST = combine(article(), term=TERM, tone=TONE, summary=SUMMARY, entities=ENTITIES, ms={})


def service(
    *, seen: int = 2, ready: str = "True", upgrade: str = "False", **applications: Any
) -> dict[str, Any]:
    """A RayService as Kubernetes has it, with these conditions and applications."""
    return {
        "metadata": {"generation": 2},
        "status": {
            "observedGeneration": seen,
            "conditions": [
                {"type": "Ready", "status": ready, "reason": "NonZeroServeEndpoints"},
                {"type": "UpgradeInProgress", "status": upgrade, "reason": "NoPendingCluster"},
            ],
            "activeServiceStatus": {
                "rayClusterName": "r-1",
                "applicationStatuses": applications or {"a": application("RUNNING")},
            },
        },
    }


def application(status: str, message: str = "", **deployments: str) -> dict[str, Any]:
    """An application, and what its deployments say."""
    parts = {
        name: {"status": "HEALTHY" if said == "HEALTHY" else "UNHEALTHY", "message": said}
        for name, said in deployments.items()
    }
    return {"status": status, "message": message, "serveDeploymentStatuses": parts}


def spec(num_cpus: float = 0.4, **changed: Any) -> dict[str, Any]:
    """The spec of a RayService with one worker of one CPU, and so much for each `Entities`."""
    entities = {"name": "Entities", "ray_actor_options": {"num_cpus": num_cpus}}
    serve = {"applications": [{"args": {}, "deployments": [entities]}]}
    pod: dict[str, Any] = {"template": {"spec": {"containers": [{"resources": {}}]}}}
    group = {"groupName": "cpu", "minReplicas": 1, "maxReplicas": 1} | pod
    cluster = {
        "headGroupSpec": pod,
        "workerGroupSpecs": [group | {"rayStartParams": {"num-cpus": "1"}}],
    }
    made = {"serveConfigV2": yaml.safe_dump(serve), "rayClusterConfig": cluster}
    return {"spec": made | changed}


class FakeCluster:
    """Is seen to be one thing after the other; the last one stays."""

    def __init__(self, *seen: dict[str, Any], answers: tuple[Item, ...] = ()) -> None:
        self._seen = list(seen)
        self._answers = list(answers or (Item(term=TERM, digest=DIGEST),))

    def service(self) -> dict[str, Any]:
        return self._seen.pop(0) if len(self._seen) > 1 else self._seen[0]

    def pod_problems(self, clusters: list[str]) -> list[str]:
        return [f"trouble in {name}" for name in clusters]

    def ask(self, term: str) -> Item:
        assert term == TERM
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


def waited(cluster: FakeCluster, timeout_s: float = 30) -> tuple[Digest, list[str]]:
    """What `wait` gives, and what it told."""
    told: list[str] = []
    return wait(cluster, TERM, WaitTimes(timeout_s, 0, 0), told.append), told


def test_what_answers_in_its_newest_form_is_up() -> None:
    """Nothing more is to be waited for."""
    assert look(service()) == UP


@pytest.mark.parametrize(
    ("seen", "step"),
    [
        (service(seen=1), "KubeRay has not seen the newest change yet"),
        (service(upgrade="True"), "a new cluster starts beside the one that answers"),
        (service(ready="False"), "no pod takes requests yet"),
        (
            service(a=application("DEPLOYING", Digest="HEALTHY", Entities="no replica")),
            "starting: Entities UNHEALTHY",
        ),
        ({"metadata": {"generation": 1}}, "KubeRay has not seen the newest change yet"),
    ],
)
def test_what_is_not_up_yet_says_how_far_it_is(seen: dict[str, Any], step: str) -> None:
    """`Ready` alone is not enough."""
    assert look(seen) == Observation(step=step)


def test_what_cannot_be_deployed_says_what_its_replica_said() -> None:
    """Out of the traceback that Serve gives, our own sentence."""
    failed = application(
        "DEPLOY_FAILED", Entities="in f()\napp.core.errors.ModelError: no such folder"
    )
    assert look(service(a=failed)).fault == "a cannot be deployed: no such folder"


def test_a_spec_that_kuberay_refuses_is_a_fault_although_it_was_never_taken_up() -> None:
    """It does not raise the observed generation then."""
    refused = service(seen=1, ready="False")
    refused["status"]["conditions"][0] |= {"reason": "ValidationFailed", "message": "no name"}
    assert look(refused).fault == "KubeRay gives up, ValidationFailed: no name"


def test_what_was_said_of_the_form_before_does_not_count() -> None:
    """Who mends a fault is not told of it again."""
    old = service(seen=1, a=application("DEPLOY_FAILED"))
    assert look(old).fault == ""


def test_it_ends_with_a_whole_digest() -> None:
    """After all steps, each told with what is in the way."""
    digest, told = waited(FakeCluster(service(seen=1), service()))
    assert digest.term == TERM
    assert told == ["KubeRay has not seen the newest change yet; trouble in r-1"]


def test_a_digest_that_is_not_whole_is_asked_for_again() -> None:
    """A branch may be late; the gate may have said no, which is worth seeing."""
    problem = Problem(type="about:blank", title="Failed", status=503, detail="")
    later = (Item(term=TERM, problem=problem), Item(term=TERM, digest=DIGEST))
    _, told = waited(FakeCluster(service(), answers=later))
    assert told == ["asked for 'ada lovelace': Failed (503); trouble in r-1"]


def test_a_fault_ends_it_at_once() -> None:
    """Waiting longer would mend nothing."""
    failed = service(a=application("DEPLOY_FAILED", "no CPU"))
    with pytest.raises(ShellError, match="a cannot be deployed: no CPU"):
        waited(FakeCluster(failed))


def test_replicas_that_fit_no_worker_end_it_at_once() -> None:
    """No time would find a place for them."""
    crowded = service(seen=1) | spec(num_cpus=2)
    told: list[str] = []
    with pytest.raises(ShellError, match="Entities: no worker has room for 1 of its replicas"):
        wait(FakeCluster(crowded), TERM, WaitTimes(30), told.append)
    assert told == []


@pytest.mark.parametrize(
    "seen",
    [
        service(seen=1) | spec(),
        service() | spec(num_cpus=2),
        service(seen=1),
        service(seen=1) | {"spec": {}},
        *(
            service(seen=1) | spec(serveConfigV2=text)
            for text in (
                "",
                "a: [",
                "applications: []",
                "applications: [a, b]",
                "applications: [{args: {}, deployments: [a]}]",
                "applications: [{args: {of: another app}, deployments: []}]",
                "applications: [{args: {}, deployments: [{name: Other}]}]",
            )
        ),
        service(seen=1) | spec(rayClusterConfig=None),
        service(seen=1) | spec(rayClusterConfig={"workerGroupSpecs": [{}]}),
    ],
)
def test_what_fits_or_answers_or_cannot_be_read_is_waited_for(seen: dict[str, Any]) -> None:
    """The last is for KubeRay and Serve to judge."""
    assert unplaced(seen) == ""


def test_a_fault_counts_once_it_has_stayed() -> None:
    """What KubeRay first says of a new config was read before Serve had it."""
    failed = service(a=application("DEPLOY_FAILED"))
    told: list[str] = []
    cluster = FakeCluster(failed, service())
    assert wait(cluster, TERM, WaitTimes(30, 0.1, 0), told.append)
    assert set(told) == {"seeing whether it stays so; trouble in r-1"}


def test_time_that_is_up_says_what_was_seen_last() -> None:
    """Pods that cannot start among it."""
    with pytest.raises(ShellError, match=r"not within 0 s.*starting; trouble in r-1"):
        waited(FakeCluster(service(a=application("DEPLOYING"))), timeout_s=0)


def test_each_thing_is_told_once() -> None:
    """With the seconds since the beginning, and nothing that a terminal obeys."""
    said: list[str] = []
    told = ProgressLog(said.append)
    for what in ("a\x1b", "a\x1b", "b"):
        told(what)
    assert said == ["[   0 s] a\ufffd", "[   0 s] b"]


def test_a_pod_says_what_it_waits_for() -> None:
    """For an image, or for a node; nothing where it is only starting."""
    waits = [
        Thing(state=Thing(waiting=Thing(reason=reason, message="m")))
        for reason in ("ImagePullBackOff", "ContainerCreating")
    ]
    scheduled = Thing(type="PodScheduled", status="False", message="0/3 nodes")
    status = Thing(conditions=[scheduled], init_container_statuses=None, container_statuses=waits)
    pod = Thing(metadata=Thing(name="p"), status=status)
    assert list(pod_problems(pod)) == ["p has no node: 0/3 nodes", "p waits, ImagePullBackOff: m"]


@pytest.mark.parametrize(
    ("status", "body", "title"),
    [
        (
            404,
            b'{"type": "t", "title": "No pages found", "status": 404, "detail": "d"}',
            "No pages",
        ),
        (502, b"<html>", "no answer of wiki-digest's"),
        (200, b"{}", "no answer of wiki-digest's"),
    ],
)
def test_what_is_no_digest_is_a_problem(status: int, body: bytes, title: str) -> None:
    """Whoever gave it."""
    problem = parse(TERM, status, body).problem
    assert problem
    assert problem.title.startswith(title)
