from typing import Any, cast

import pytest
from pydantic import BaseModel, ValidationError
from ray.serve.config import AutoscalingConfig, AutoscalingPolicy, RequestRouterConfig
from ray.serve.schema import DeploymentSchema, RayActorOptionsSchema

from app.config.autoscaling import AutoscalingOptions, AutoscalingPolicyOptions
from app.config.batching import BatchSettings
from app.config.deployments import (
    ActorOptions,
    DeploymentOptions,
    Deployments,
    LiveBatchOptions,
    RequestRouterOptions,
    StageDeploymentOptions,
)

NAMES = ("Digest", "Sentiment", "Summarizer", "Entities")


def deployment(deployments: Deployments, name: str) -> DeploymentOptions:
    return cast("DeploymentOptions", getattr(deployments, name))


def overridden(name: str, **options: object) -> DeploymentOptions:
    """Return deployment `name` with some options overridden."""
    return deployment(Deployments.model_validate({name: options}), name)


@pytest.mark.parametrize("name", NAMES)
def test_overriding_one_option_keeps_the_other_defaults(name: str) -> None:
    default = deployment(Deployments(), name)
    expected = default.model_copy(update={"max_ongoing_requests": 7})
    assert expected == overridden(name, max_ongoing_requests=7)


@pytest.mark.parametrize("name", NAMES)
def test_overriding_one_resource_keeps_the_other_defaults(name: str) -> None:
    default = deployment(Deployments(), name).ray_actor_options
    expected = default.model_copy(update={"num_gpus": 0.5})
    assert expected == overridden(name, ray_actor_options={"num_gpus": 0.5}).ray_actor_options


@pytest.mark.parametrize("name", NAMES)
def test_overriding_one_deployment_keeps_the_others(name: str) -> None:
    changed = Deployments.model_validate({name: {"num_replicas": 2}})
    for other in set(NAMES) - {name}:
        expected = deployment(Deployments(), other)
        assert expected == deployment(changed, other)


def test_empty_overrides_are_the_defaults() -> None:
    expected = Deployments()
    assert expected == Deployments.model_validate({})
    assert expected == Deployments.model_validate({name: {} for name in NAMES})


def test_validation_does_not_mutate_its_input() -> None:
    given: dict[str, Any] = {"Digest": {"ray_actor_options": {"num_cpus": 1}}}
    Deployments.model_validate(given)
    expected = {"Digest": {"ray_actor_options": {"num_cpus": 1}}}
    assert expected == given


def test_deployments_survive_a_json_round_trip() -> None:
    expected = Deployments.model_validate(
        {
            "Entities": {
                "autoscaling_config": {"max_replicas": 4},
                "user_config": {"max_batch_size": 3},
            }
        }
    )
    assert expected == Deployments.model_validate(expected.model_dump(mode="json"))
    written = expected.model_dump(mode="json", exclude_none=True)
    assert expected == Deployments.model_validate(written)


def test_num_replicas_and_autoscaling_config_exclude_each_other() -> None:
    """Serve would silently prefer one of the two."""
    with pytest.raises(ValidationError, match="num_replicas or autoscaling_config"):
        overridden("Entities", num_replicas=1, autoscaling_config={"max_replicas": 2})


def test_num_replicas_or_autoscaling_config_alone_is_valid() -> None:
    assert overridden("Entities", num_replicas=2).autoscaling_config is None
    assert overridden("Entities", autoscaling_config={"max_replicas": 2}).num_replicas is None
    assert overridden("Entities", num_replicas=None, autoscaling_config=None).num_replicas is None


@pytest.mark.parametrize(
    ("expected", "given"),
    [
        ((1, 1, 1), {}),
        ((3, 3, 3), {"num_replicas": 3}),
        ((1, 1, 4), {"autoscaling_config": {"max_replicas": 4}}),
        ((2, 2, 4), {"autoscaling_config": {"min_replicas": 2, "max_replicas": 4}}),
        ((1, 3, 4), {"autoscaling_config": {"initial_replicas": 3, "max_replicas": 4}}),
        ((0, 0, 4), {"autoscaling_config": {"min_replicas": 0, "max_replicas": 4}}),
        ((0, 0, 1), {"autoscaling_config": {"min_replicas": 0, "initial_replicas": 0}}),
    ],
)
def test_replicas_are_counted_at_least_at_the_start_and_at_most(
    expected: tuple[int, int, int], given: dict[str, Any]
) -> None:
    """Fixed, or as far as autoscaling goes."""
    assert expected == overridden("Entities", **given).replicas


@pytest.mark.parametrize("gpus", [0, 0.25, 0.5, 1, 2, 8])
def test_num_gpus_is_a_fraction_or_a_whole_number(gpus: float) -> None:
    assert gpus == ActorOptions(num_gpus=gpus).num_gpus


@pytest.mark.parametrize("gpus", [1.5, 2.01, -1, 65, float("nan"), float("inf")])
def test_num_gpus_that_ray_cannot_schedule_is_rejected(gpus: float) -> None:
    with pytest.raises(ValidationError):
        ActorOptions(num_gpus=gpus)


@pytest.mark.parametrize(
    "bounds",
    [
        {"min_replicas": 3, "max_replicas": 2},
        {"min_replicas": 2},
        {"min_replicas": 1, "initial_replicas": 3, "max_replicas": 2},
        {"min_replicas": 2, "initial_replicas": 1, "max_replicas": 3},
        {"min_replicas": 1, "initial_replicas": 0, "max_replicas": 3},
    ],
)
def test_replica_bounds_out_of_order_are_rejected(bounds: dict[str, int]) -> None:
    with pytest.raises(ValidationError, match="min_replicas <= initial_replicas <= max_replicas"):
        AutoscalingOptions.model_validate(bounds)


@pytest.mark.parametrize(
    "bounds",
    [
        {},
        {"min_replicas": 0},
        {"min_replicas": 0, "initial_replicas": 0},
        {"min_replicas": 1, "initial_replicas": 2, "max_replicas": 3},
        {"min_replicas": 2, "max_replicas": 2},
    ],
)
def test_replica_bounds_in_order_are_valid(bounds: dict[str, int]) -> None:
    expected = bounds.get("min_replicas", 1)
    assert expected == AutoscalingOptions.model_validate(bounds).min_replicas


@pytest.mark.parametrize(
    "options",
    [
        {"num_replicas": 0},
        {"max_ongoing_requests": 0},
        {"max_queued_requests": -2},
        {"max_replicas_per_node": 101},
        {"graceful_shutdown_timeout_s": -1},
        {"ray_actor_options": {"num_cpus": -0.5}},
        {"ray_actor_options": {"memory": -1}},
        {"autoscaling_config": {"max_replicas": 0}},
        {"autoscaling_config": {"target_ongoing_requests": 0}},
        {"autoscaling_config": {"aggregation_function": "median"}},
        {"rolling_update_percentage": 0},
        {"rolling_update_percentage": 1.1},
        {"request_router_config": {"max_backoff_s": 0}},
        {"request_router_config": {"request_router_class": "round robin"}},
        {"user_config": {"max_batch_size": 0}},
        {"user_config": {"batch_wait_timeout_s": 11}},
    ],
)
def test_an_option_out_of_bounds_is_rejected(options: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        overridden("Entities", **options)


def test_only_stages_have_a_user_config() -> None:
    """The user_config sets batch sizes, and the driver has no batches."""
    with pytest.raises(ValidationError, match="user_config"):
        overridden("Digest", user_config={"max_batch_size": 3})
    expected = LiveBatchOptions(max_batch_size=3)
    stage = overridden("Sentiment", user_config={"max_batch_size": 3})
    assert isinstance(stage, StageDeploymentOptions)
    assert expected == stage.user_config


LEFT_OUT: dict[type[BaseModel], set[str]] = {
    StageDeploymentOptions: {
        "name",  # the key of the options
        "backpressure_config",  # app/graph.py sets it: clients rely on its status
        "logging_config",  # of all deployments: the log is read as JSON
        "placement_group_bundles",  # the replicas start no actors of their own
        "placement_group_strategy",
        "placement_group_bundle_label_selector",
        "deployment_actors",
        "gang_scheduling_config",  # no model spans several replicas
    },
    AutoscalingOptions: {  # deprecated
        "smoothing_factor",
        "upscale_smoothing_factor",
        "downscale_smoothing_factor",
    },
    AutoscalingPolicyOptions: set(),
    ActorOptions: set(),
    RequestRouterOptions: set(),
}
"""Options of Serve that have no use here."""


@pytest.mark.parametrize(
    ("ours", "serves"),
    [
        (StageDeploymentOptions, DeploymentSchema),
        (AutoscalingOptions, AutoscalingConfig),
        (AutoscalingPolicyOptions, AutoscalingPolicy),
        (ActorOptions, RayActorOptionsSchema),
        (RequestRouterOptions, RequestRouterConfig),
    ],
)
def test_the_options_are_those_of_serve(ours: type[BaseModel], serves: type[BaseModel]) -> None:
    """Serve drops unknown options silently; one that a new version brings is seen here."""
    assert ours.model_fields.keys() | LEFT_OUT[ours] == serves.model_fields.keys()
    assert not ours.model_fields.keys() & LEFT_OUT[ours]


@pytest.mark.parametrize("path", ["a:b", "a.b:c", "app.serving.scaling:Schedule", "a.b"])
def test_a_policy_is_named_by_its_module_and_name(path: str) -> None:
    assert AutoscalingPolicyOptions(policy_function=path).policy_function == path


@pytest.mark.parametrize("path", ["a", "a:b:c", "a/b.py:c", "a b:c", ":c", "a:", ""])
def test_what_is_no_import_path_is_refused(path: str) -> None:
    with pytest.raises(ValidationError, match="policy_function"):
        AutoscalingPolicyOptions(policy_function=path)


def test_only_stages_have_a_router() -> None:
    """HAProxy chooses the replica of Digest, and Serve refuses a router there."""
    with pytest.raises(ValidationError, match="request_router_config"):
        overridden("Digest", request_router_config={})
    given = {"request_router_class": "ray.serve.experimental.round_robin_router:RoundRobinRouter"}
    assert isinstance(overridden("Entities", request_router_config=given), StageDeploymentOptions)


@pytest.mark.parametrize("name", NAMES)
def test_serve_keeps_every_default_option(name: str) -> None:
    given = deployment(Deployments(), name).model_dump(mode="json", exclude_none=True)
    schema = DeploymentSchema.model_validate({"name": name, **given})
    expected = given
    kept = schema.model_dump(mode="json", exclude_unset=True)
    assert expected == {key: kept[key] for key in given}


@pytest.mark.parametrize(
    "delay", ["upscale_delay_s", "downscale_delay_s", "downscale_to_zero_delay_s"]
)
def test_a_delay_below_the_look_back_period_is_rejected(delay: str) -> None:
    with pytest.raises(ValidationError, match=f"{delay} must not be below look_back_period_s"):
        AutoscalingOptions.model_validate({"look_back_period_s": 20, delay: 19})
    AutoscalingOptions.model_validate({"look_back_period_s": 20, delay: 20})


def test_serve_keeps_every_autoscaling_option() -> None:
    given = AutoscalingOptions(
        min_replicas=0,
        initial_replicas=1,
        max_replicas=2,
        downscale_to_zero_delay_s=50,
        upscaling_factor=1,
        downscaling_factor=1,
        aggregation_function="max",
        policy=AutoscalingPolicyOptions(
            policy_function="app.serving.scaling:QueueLength", policy_kwargs={"queued": 2}
        ),
    ).model_dump(mode="json")
    kept = AutoscalingConfig.model_validate(given).model_dump(mode="json")
    expected = given
    assert expected == {key: kept[key] for key in given}


def test_the_defaults_leave_room_for_an_update_on_two_cores() -> None:
    """New replicas start before old ones stop, so the defaults use at most one core."""
    given = [deployment(Deployments(), name).ray_actor_options for name in NAMES]
    assert 0 < sum(options.num_cpus for options in given) <= 1
    assert sum(options.num_gpus for options in given) == 0


@pytest.mark.parametrize("name", ["Sentiment", "Summarizer", "Entities"])
def test_a_default_replica_accepts_two_batches(name: str) -> None:
    """One is being computed while the next one fills."""
    assert (
        deployment(Deployments(), name).max_ongoing_requests >= 2 * BatchSettings().max_batch_size
    )


def test_deprecated_live_batch_keys_are_accepted_with_a_warning() -> None:
    expected = LiveBatchOptions(max_batch_size=3, batch_wait_timeout_s=0.5)
    with pytest.warns(FutureWarning, match="is deprecated: use"):
        assert LiveBatchOptions.model_validate({"size": 3, "wait_s": 0.5}) == expected
