from typing import Any

import pytest
import yaml

from app.api.schemas import Item, Problem
from app.core.errors import ShellError, Unreached
from app.core.values import Digest, combine
from app.shell.observation import clusters
from app.shell.wait import ProgressLog, WaitTimes, unplaced, wait
from tests.support.fake_clock import FakeClock
from tests.support.fakes import ENTITIES, SUMMARY, TONE, article
from tests.support.rayservices import application, service

TERM = "ada lovelace"
DIGEST = combine(article(), term=TERM, tone=TONE, summary=SUMMARY, entities=ENTITIES, ms={})


def spec(num_cpus: float = 0.3, **changed: Any) -> dict[str, Any]:
    """The spec of a RayService with one worker of one CPU; `num_cpus` is for `Entities`."""
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
    """Returns the services and the answers in turn; repeats the last one."""

    def __init__(self, *services: dict[str, Any], answers: tuple[Item, ...] = ()) -> None:
        self._services = list(services)
        self._answers = list(answers or (Item(term=TERM, digest=DIGEST),))

    def service(self) -> dict[str, Any]:
        return self._services.pop(0) if len(self._services) > 1 else self._services[0]

    def pod_problems(self, service: dict[str, Any]) -> list[str]:
        return [f"problem in {name}" for name in clusters(service)]

    def ask(self, term: str) -> Item:
        assert term == TERM
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


class CutOff(FakeCluster):
    """Out of reach in the calls with these numbers."""

    def __init__(self, *numbers: int) -> None:
        super().__init__(service())
        self._numbers = numbers
        self._calls = 0

    def service(self) -> dict[str, Any]:
        self._count()
        return super().service()

    def pod_problems(self, service: dict[str, Any]) -> list[str]:
        self._count()
        return super().pod_problems(service)

    def ask(self, term: str) -> Item:
        self._count()
        return super().ask(term)

    def _count(self) -> None:
        self._calls += 1
        if self._calls in self._numbers:
            raise Unreached("timed out")


def waited(
    cluster: FakeCluster, timeout_s: float = 30, settle_s: float = 0
) -> tuple[Digest, list[str]]:
    """The digest, and the logged messages."""
    log: list[str] = []
    times = WaitTimes(timeout_s, settle_s, poll_s=1)
    return wait(cluster, TERM, times, log.append, FakeClock()), log


@pytest.mark.parametrize("numbers", [(2,), (2, 3), (2, 4, 5)], ids=["ask", "pods", "service"])
def test_it_waits_while_kubernetes_does_not_answer(numbers: tuple[int, ...]) -> None:
    digest, log = waited(CutOff(*numbers))
    assert digest == DIGEST
    assert "timed out" in log[0]


def test_a_cluster_that_never_answers_is_an_error_at_once() -> None:
    with pytest.raises(Unreached, match="timed out"):
        waited(CutOff(1))


def test_a_cluster_that_stays_out_of_reach_is_an_error_once_the_time_is_up() -> None:
    with pytest.raises(ShellError, match="after 30 s; last status: timed out"):
        waited(CutOff(*range(2, 100)))


def test_waiting_ends_with_a_complete_digest() -> None:
    digest, log = waited(FakeCluster(service(observed=1), service()))
    assert digest.term == TERM
    assert log == ["KubeRay has not observed the latest change yet; problem in r-1"]


def test_a_failed_digest_is_retried() -> None:
    problem = Problem(type="about:blank", title="Failed", status=503, detail="")
    later = (Item(term=TERM, problem=problem), Item(term=TERM, digest=DIGEST))
    _, log = waited(FakeCluster(service(), answers=later))
    assert log == ["the digest of 'ada lovelace' failed: Failed (503); problem in r-1"]


def test_a_fault_ends_the_wait() -> None:
    failed = service(a=application("DEPLOY_FAILED", "no CPU"))
    with pytest.raises(ShellError, match="a cannot be deployed: no CPU"):
        waited(FakeCluster(failed))


def test_the_log_names_deployments_that_fit_no_worker() -> None:
    crowded = service(observed=1) | spec(num_cpus=2)
    _, log = waited(FakeCluster(crowded, service()))
    assert "Entities: no worker has room for 1 of its replicas" in log[0]


@pytest.mark.parametrize(
    "seen",
    [
        service(observed=1) | spec(),
        service(observed=1),
        service(observed=1) | {"spec": {}},
        *(
            service(observed=1) | spec(serveConfigV2=text)
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
        service(observed=1) | spec(rayClusterConfig=None),
        service(observed=1) | spec(rayClusterConfig={"workerGroupSpecs": [{}]}),
    ],
)
def test_a_spec_that_fits_or_cannot_be_read_has_no_unplaced_deployments(
    seen: dict[str, Any],
) -> None:
    assert unplaced(seen) == []


def test_a_fault_that_does_not_last_is_ignored() -> None:
    failed = service(a=application("DEPLOY_FAILED"))
    _, log = waited(FakeCluster(failed, service()), settle_s=3)
    assert set(log) == {"waiting for the status to settle; problem in r-1"}


def test_a_timeout_reports_the_last_status() -> None:
    with pytest.raises(ShellError, match=r"timed out after 0 s.*starting; problem in r-1"):
        waited(FakeCluster(service(a=application("DEPLOYING"))), timeout_s=0)


def test_a_repeated_message_is_logged_once() -> None:
    lines: list[str] = []
    clock = FakeClock()
    log = ProgressLog(lines.append, clock)
    for message in ("a\x1b", "a\x1b", "b"):
        log(message)
        clock.sleep(1)
    assert lines == ["[   0 s] a\ufffd", "[   2 s] b"]
