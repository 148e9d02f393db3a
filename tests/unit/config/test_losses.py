from typing import Any

import pytest

from app.config.loader import Config, read
from app.config.losses import HEAD_KEPT, HEAD_LOST, Loss, losses
from app.config.placement import Group, Plan

NAMES = ("Digest", "Entities", "Sentiment", "Summarizer")
GPU = {"num_replicas": 1, "ray_actor_options": {"num_gpus": 1}}


def plan(*groups: Group, settings: dict[str, Any] | None = None, **deployments: Any) -> Plan:
    """Plan these groups; deployments have one replica unless it is given."""
    given = {"settings": settings or {}, "deployments": deployments}
    return Plan(read(Config, given), groups)


def cost(found: list[Loss], pod: str) -> str:
    (only,) = [loss.cost for loss in found if loss.pod == pod]
    return only


def test_a_worker_of_two_costs_half_of_each_deployment() -> None:
    two = {name: {"num_replicas": 2, "max_replicas_per_node": 1} for name in NAMES}
    found = losses(plan(Group("cpu", 2, 2, 1), **two))
    assert cost(found, "cpu") == ", ".join(f"{name} 1 of 2" for name in NAMES)


def test_the_only_worker_costs_all_answers() -> None:
    found = losses(plan(Group("cpu", 1, 1, 1)))
    assert cost(found, "cpu").endswith("Summarizer 1 of 1: no answers until they run again")


@pytest.mark.parametrize(
    ("name", "settings", "effect"),
    [
        ("Entities", {}, "answers without entities"),
        ("Summarizer", {}, "answers without summarizer"),
        ("Sentiment", {}, "no answers"),
        ("Sentiment", {"sentiment": {"fail_open": True}}, "no article is rejected"),
        ("Digest", {}, "no answers"),
    ],
)
def test_the_last_replica_of_a_deployment_costs_what_it_does(
    name: str, settings: dict[str, Any], effect: str
) -> None:
    groups = Group("cpu", 1, 1, 1), Group("gpu", 1, 1, 1, gpus=1)
    found = losses(plan(*groups, settings=settings, **{name: GPU}))
    assert cost(found, "gpu") == f"{name} 1 of 1: {effect} until they run again"


def test_a_fused_release_has_one_deployment() -> None:
    found = losses(plan(Group("cpu", 1, 1, 1), settings={"placement": "fused"}))
    assert cost(found, "cpu") == "Digest 1 of 1: no answers until they run again"


def test_an_empty_worker_costs_nothing() -> None:
    found = losses(plan(Group("cpu", 1, 1, 1), Group("spare", 1, 1, 1)))
    assert cost(found, "spare") == "nothing"


def test_the_head_costs_the_whole_cluster_unless_its_state_outlives_it() -> None:
    alone = plan(Group("cpu", 1, 1, 1))
    assert cost(losses(alone), "head") == HEAD_LOST
    assert cost(losses(alone._replace(fault_tolerant=True)), "head") == HEAD_KEPT
