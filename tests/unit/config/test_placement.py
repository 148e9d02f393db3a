from typing import Any

import pytest
import yaml

from app.config.loader import Config, read
from app.config.placement import GROUP_LABEL, Group, Plan

NOTHING = {"num_replicas": None, "autoscaling_config": {"min_replicas": 0, "max_replicas": 1}}


def plan(groups: list[Group], **deployments: dict[str, Any]) -> Plan:
    """Plan these deployments; all others may have no replicas."""
    others = dict.fromkeys(Config().deployed, NOTHING) | deployments
    return Plan(read(Config, {"deployments": others}), tuple(groups))


def actor(**options: Any) -> dict[str, Any]:
    return {"ray_actor_options": options}


def cpu(workers: int, cpus: float = 1, gpus: int = 0) -> Group:
    """A group of a fixed number of workers."""
    return Group("cpu", workers, workers, cpus, gpus)


def pod(**requests: str) -> dict[str, Any]:
    """A pod template with these resource requests."""
    return {"spec": {"containers": [{"resources": {"requests": requests}}]}}


def test_the_defaults_fit_one_worker_of_one_cpu() -> None:
    """Their CPU fractions, added as floats, come to slightly more than 1."""
    placed = Plan(Config(), (cpu(1),)).least
    assert placed.faults == []
    assert placed.workers[0].holds == dict.fromkeys(Config().deployed, 1)


@pytest.mark.parametrize(
    ("group", "options", "count"),
    [
        (cpu(1), actor(num_cpus=2), 1),
        (cpu(2), actor(num_cpus=1) | {"num_replicas": 3}, 1),
        (cpu(2, 4), {"num_replicas": 4, "max_replicas_per_node": 1}, 2),
        (cpu(9, 9), actor(num_gpus=0.5), 1),
        (cpu(1, 9, gpus=1), actor(num_gpus=0.6) | {"num_replicas": 2}, 1),
        (cpu(1, 9, gpus=2), actor(num_gpus=0.6) | {"num_replicas": 3}, 1),
        (cpu(2, 9, gpus=1), actor(num_gpus=2), 1),
        (cpu(1, 9), actor(label_selector={GROUP_LABEL: "gpu"}), 1),
    ],
)
def test_replicas_that_fit_no_worker_are_counted(
    group: Group, options: dict[str, Any], count: int
) -> None:
    expected = [f"Entities: no worker has room for {count} of its replicas"]
    assert plan([group], Entities=options).least.faults == expected


def test_two_half_gpus_share_one_gpu_and_a_third_does_not_fit() -> None:
    half = actor(num_gpus=0.5, num_cpus=0)
    gpu = [cpu(1, 1, gpus=1)]
    both = plan(gpu, Summarizer=half, Entities=half).least
    assert both.faults == []
    assert both.workers[0].gpus == [0]
    assert len(plan(gpu, Sentiment=half, Summarizer=half, Entities=half).least.faults) == 1


def test_the_autoscaler_adds_only_the_workers_that_replicas_need() -> None:
    group = Group("cpu", 1, 3, 1)
    scaled = {"autoscaling_config": {"min_replicas": 1, "max_replicas": 3}} | actor(num_cpus=1)
    assert len(plan([group], Entities=scaled).least.workers) == 1
    assert len(plan([group], Entities=actor(num_cpus=1) | {"num_replicas": 2}).least.workers) == 3
    crowd = plan([group], Entities=scaled)
    assert crowd.most.workers[0].holds["Entities"] == 1


@pytest.mark.parametrize(
    ("selector", "unplaced"),
    [("cpu", 0), ("!cpu", 1), ("in(cpu, gpu)", 0), ("!in(gpu,mig)", 0), ("in(gpu)", 1)],
)
def test_label_selectors_follow_rays_syntax(selector: str, unplaced: int) -> None:
    chosen = actor(label_selector={GROUP_LABEL: selector})
    assert plan([cpu(1)], Entities=chosen).least.unplaced.total() == unplaced


def test_a_fallback_strategy_is_used_if_the_selector_matches_no_worker() -> None:
    other = [{"label_selector": {GROUP_LABEL: "cpu"}}]
    chosen = actor(label_selector={GROUP_LABEL: "gpu"}, fallback_strategy=other)
    assert plan([cpu(1)], Entities=chosen).least.faults == []


def test_a_plan_is_read_from_a_rayservice() -> None:
    serve = {
        "applications": [
            {
                "import_path": "app.graph:build",
                "args": {"placement": "fused"},
                "deployments": [{"name": "Digest", "num_replicas": 2}],
            }
        ]
    }
    group = {
        "groupName": "gpu",
        "minReplicas": 0,
        "maxReplicas": 2,
        "rayStartParams": {"num-cpus": "4", "num-gpus": "1"},
        "template": pod(cpu="2", memory="8Gi"),
    }
    cluster: dict[str, Any] = {
        "workerGroupSpecs": [group],
        "headGroupSpec": {"template": pod(cpu="1")},
    }
    service = {"spec": {"serveConfigV2": yaml.safe_dump(serve), "rayClusterConfig": cluster}}
    made = Plan.of(service)
    assert made.config.deployed["Digest"].num_replicas == 2
    assert made.groups == (Group("gpu", 0, 2, 4, 1),)
    assert made.pods == {"gpu": "cpu 2, memory 8Gi", "head": "cpu 1"}
    assert not made.fault_tolerant
    cluster["gcsFaultToleranceOptions"] = {"redisAddress": "redis:6379"}
    assert Plan.of(service).fault_tolerant


def test_replicas_with_a_label_selector_are_placed_before_larger_ones() -> None:
    """A replica without a selector would take the only group that they can use."""
    selector = {"label_selector": {GROUP_LABEL: "a"}}
    given = {
        "Digest": {"ray_actor_options": {"num_cpus": 0.1}},
        "Summarizer": {"ray_actor_options": {"num_cpus": 0.1}},
        "Sentiment": {"ray_actor_options": {"num_cpus": 0.6}},
        "Entities": {"ray_actor_options": {"num_cpus": 0.5} | selector},
    }
    groups = Group("a", 1, 1, 1), Group("b", 1, 1, 1)
    assert Plan(read(Config, {"deployments": given}), groups).least.faults == []
