from typing import Any

import pytest

from app.config.placement import INCREMENTAL
from app.shell.observation import UNSEEN, UP, WITHOUT_TRAFFIC, Observation, observe
from tests.support.rayservices import application, moving, service

IN_STEPS = {"spec": {"upgradeStrategy": {"type": INCREMENTAL}}}


def test_a_service_whose_latest_generation_runs_is_up() -> None:
    assert observe(service()) == UP


@pytest.mark.parametrize(
    ("seen", "progress"),
    [
        (service(observed=1), "KubeRay has not observed the latest change yet"),
        (service(upgrade="True"), "starting a new cluster beside the active one"),
        (service(ready="False"), "no pod is ready for requests yet"),
        (
            service(a=application("DEPLOYING", Digest="HEALTHY", Entities="no replica")),
            "starting: Entities UNHEALTHY",
        ),
        ({"metadata": {"generation": 1}}, UNSEEN.progress),
    ],
)
def test_a_service_that_is_not_up_yet_reports_its_progress(
    seen: dict[str, Any], progress: str
) -> None:
    assert observe(seen) == Observation(progress=progress)


def test_a_failed_deployment_reports_the_error_of_its_replica() -> None:
    failed = application(
        "DEPLOY_FAILED", Entities="in f()\napp.core.errors.ModelError: no such folder"
    )
    assert observe(service(a=failed)).fault == "a cannot be deployed: no such folder"


def test_a_spec_that_kuberay_rejects_is_a_fault_although_its_generation_is_not_observed() -> None:
    refused = service(observed=1, ready="False")
    refused["status"]["conditions"][0] |= {"reason": "ValidationFailed", "message": "no name"}
    assert observe(refused).fault == "KubeRay gives up, ValidationFailed: no name"


def test_a_fault_of_the_previous_generation_does_not_count() -> None:
    old = service(observed=1, a=application("DEPLOY_FAILED"))
    assert observe(old).fault == ""


def test_a_service_whose_traffic_moves_reports_the_shares_of_both_clusters() -> None:
    assert observe(moving(20)).progress == (
        "moving traffic to the new cluster: the old one has 80 % of the traffic and 100 % of its "
        "replicas, the new one 20 % of the traffic and 50 % of its replicas"
    )


def test_a_new_version_that_is_turned_back_may_have_failed() -> None:
    seen = observe(moving(20, returns=True, b=application("DEPLOY_FAILED")))
    assert seen.progress.startswith("returning traffic to the old cluster: the old one has 80 %")
    assert seen.fault == ""


def test_a_new_version_that_fails_while_traffic_moves_is_a_fault() -> None:
    assert observe(moving(20, b=application("DEPLOY_FAILED", "no model"))).fault


def test_an_operator_without_the_feature_gate_is_named() -> None:
    """KubeRay then ignores a change of the cluster, and its status looks as if all were done."""
    assert observe(service() | IN_STEPS) == WITHOUT_TRAFFIC
    routed = service() | IN_STEPS
    routed["status"]["activeServiceStatus"]["trafficRoutedPercent"] = 100
    assert observe(routed) == UP
