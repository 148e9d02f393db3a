import json
from typing import Any

import pytest

from app.config.deployments import Deployments
from app.config.loader import Config, read
from app.core.errors import ConfigError
from tests.support.chart import deployments, helm, needs_helm, rendered
from tools.chart import defaults

ENTITIES_CPUS = Deployments().Entities.ray_actor_options.num_cpus


@needs_helm
@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("num_replicas=1", {"num_replicas": 1}),
        ("max_surge_percent=50", {"max_surge_percent": 50}),
        ("max_surge_percent=null", {"max_surge_percent": None}),
        ("max_replicas_per_node=null", {"max_replicas_per_node": None}),
        ("user_config={}", {"user_config": {}}),
        ("ray_actor_options={}", {}),
        ("ray_actor_options=null", {"ray_actor_options": None}),
        ("ray_actor_options.num_cpus=0", {"ray_actor_options": {"num_cpus": 0}}),
        ("ray_actor_options.num_cpus=null", {"ray_actor_options": {}}),
        (
            "ray_actor_options.memory=9",
            {"ray_actor_options": {"num_cpus": ENTITIES_CPUS, "memory": 9}},
        ),
        (
            'autoscaling_config={"min_replicas": 0, "initial_replicas": null}',
            {"num_replicas": None, "autoscaling_config": {"min_replicas": 0}},
        ),
        ("autoscaling_config={}", {"num_replicas": None, "autoscaling_config": {}}),
        ("autoscaling_config=null", {}),
    ],
)
def test_an_option_overrides_just_its_default(setting: str, expected: dict[str, Any]) -> None:
    """Zero and an empty mapping are values; null removes a default."""
    default = deployments()
    changed = {key: value for key, value in expected.items() if value is not None}
    kept = {key: value for key, value in default["Entities"].items() if key not in expected}
    assert deployments(f"deployments.Entities.{setting}") == default | {"Entities": kept | changed}


@needs_helm
@pytest.mark.parametrize(
    ("workers", "expected"),
    [
        ('{"replicas": 1}', 1),
        ('{"minReplicas": 0, "replicas": 0, "maxReplicas": 1}', 1),
        ('{"minReplicas": 1, "replicas": 1, "maxReplicas": 2}', 2),
        ('{"replicas": 3}', 2),
    ],
)
def test_a_deployment_has_two_replicas_unless_there_is_one_worker(
    workers: str, expected: int
) -> None:
    """No worker holds two of them."""
    made = deployments(f"workers.cpu={workers}")
    assert {options["num_replicas"] for options in made.values()} == {expected}


@needs_helm
def test_a_deployment_that_is_null_has_the_options_of_the_app() -> None:
    """The Serve config does not mention it."""
    assert deployments("deployments.Entities=null").keys() == Config().deployed.keys() - {
        "Entities"
    }


@needs_helm
def test_values_are_merged_at_any_depth() -> None:
    """The rule of `wiki-digest.merged`, where `merge` would drop what is false, 0 or empty."""
    base = """(dict "a" true "b" 2 "c" (dict "d" "x" "e" "y") "f" "gone")"""
    over = """(dict "a" false "b" 0 "c" (dict "d" "") "f" nil "g" (dict "h" 1 "i" nil))"""
    text = '{{ include "wiki-digest.merged" (dict "base" %s "over" %s) }}\nkind: Merged'
    made = rendered(f"extraObjects={json.dumps([text % (base, over)])}")["Merged"]
    expected = {"a": False, "b": 0, "c": {"d": "", "e": "y"}, "g": {"h": 1}, "kind": "Merged"}
    assert made == expected


@needs_helm
@pytest.mark.parametrize(
    ("given", "expected"), [("null", str(defaults()["worker_cpus"])), ("0", "0"), ("3", "3")]
)
def test_ray_counts_the_cpus_of_the_deployments_unless_told_otherwise(
    given: str, expected: str
) -> None:
    """One replica of each at its default."""
    made = rendered(f"workers.cpu.numCpus={given}")["RayService"]
    (group,) = made["spec"]["rayClusterConfig"]["workerGroupSpecs"]
    assert group["rayStartParams"]["num-cpus"] == expected


SCALINGS: list[dict[str, Any]] = [
    {},
    {"max_replicas": 4},
    {"max_replicas": 0},
    {"max_replica": 2},
    {"min_replicas": 0},
    {"min_replicas": -1},
    {"min_replicas": 2},
    {"min_replicas": 3, "max_replicas": 2},
    {"min_replicas": 0, "initial_replicas": 0},
    {"initial_replicas": 0},
    {"initial_replicas": 3, "max_replicas": 2},
    {"initial_replicas": 2, "max_replicas": 2},
    {"look_back_period_s": 30.5},
    {"look_back_period_s": 700, "upscale_delay_s": 700},
    {"look_back_period_s": 700, "upscale_delay_s": 700, "downscale_delay_s": 700},
    {"upscale_delay_s": 0},
    {"upscale_delay_s": 30},
    {"downscale_delay_s": 29.5},
    {"downscale_to_zero_delay_s": 0},
    {"downscale_to_zero_delay_s": 30},
    {"target_ongoing_requests": 0},
    {"aggregation_function": "median"},
    {"policy": {}},
    {"policy": {"policy_function": "a.b:c"}},
    {"policy": {"policy_function": "a.b:c", "policy_kwargs": {"d": 1}}},
    {"policy": {"policy_function": "a/b.py:c"}},
]


@needs_helm
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"num_replicas": 0},
        {"max_replica_per_node": 1},
        {"max_surge_percent": 101},
        {"rolling_update_percentage": 0.5},
        {"rolling_update_percentage": 2},
        {"request_router_config": {"max_backoff_s": 2}},
        {"request_router_config": {"max_backof_s": 2}},
        {"ray_actor_options": {"num_gpus": 0.5}},
        {"ray_actor_options": {"num_gpus": 1.5}},
        {"ray_actor_options": {"num_gpus": 2}},
        {"ray_actor_options": {"num_cpus": -1}},
        {"user_config": {"max_batch_size": 0}},
        *({"autoscaling_config": scaling} for scaling in SCALINGS),
    ],
    ids=json.dumps,
)
def test_chart_and_app_accept_the_same_options(options: dict[str, Any]) -> None:
    """Some rules are written in both."""
    gpus = 'workers.cpu.gpu={"resource": "nvidia.com/gpu", "count": 1}'
    refused = helm(f"deployments.Entities={json.dumps(options)}", gpus).returncode != 0
    try:
        read(Config, {"deployments": {"Entities": options}})
    except ConfigError:
        assert refused
    else:
        assert not refused
