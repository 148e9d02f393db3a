from typing import Any

import pytest

from app.config.loader import Config, read
from app.config.one_machine import for_one_machine


def adapted(data: dict[str, Any], cores: int = 8, proxies: int = 0) -> Config:
    """The configuration in `data`, with the defaults for one machine."""
    return for_one_machine(read(Config, data), cores, proxies)


@pytest.mark.parametrize(("cores", "replicas"), [(1, 1), (2, 2), (4, 4), (64, 4)])
def test_all_stages_run_in_one_replica_for_each_core(cores: int, replicas: int) -> None:
    found = adapted({}, cores)

    assert found.settings.placement == "fused"
    assert list(found.deployed) == ["Digest"]
    assert found.deployments.Digest.replicas.start == replicas


@pytest.mark.parametrize(
    ("digest", "replicas"),
    [
        ({"num_replicas": 3}, 3),
        ({"autoscaling_config": {"min_replicas": 2, "max_replicas": 3}}, 2),
        ({"ray_actor_options": {"num_gpus": 1}}, 1),
        ({"max_ongoing_requests": 500}, 4),
    ],
)
def test_replicas_of_all_stages_can_be_given(digest: dict[str, Any], replicas: int) -> None:
    found = adapted({"deployments": {"Digest": digest}})

    assert found.settings.placement == "fused"
    assert found.deployments.Digest.replicas.start == replicas


@pytest.mark.parametrize(
    ("cores", "digest", "batches"),
    [
        (1, {}, 1),
        (2, {}, 1),
        (8, {}, 2),
        (8, {"num_replicas": 2}, 4),
        (2, {"num_replicas": 3}, 1),
        (8, {"ray_actor_options": {"num_gpus": 1}}, None),
        (8, {"autoscaling_config": {"max_replicas": 3}}, None),
    ],
)
def test_replicas_of_all_stages_share_the_cores(
    cores: int, digest: dict[str, Any], batches: int | None
) -> None:
    found = adapted({"deployments": {"Digest": digest}}, cores)
    assert found.settings.digest.max_concurrent_batches == batches


def test_a_given_number_of_batches_is_kept() -> None:
    given = {"settings": {"digest": {"max_concurrent_batches": 5}}}
    assert adapted(given).settings.digest.max_concurrent_batches == 5


@pytest.mark.parametrize(
    "given",
    [
        {"settings": {"placement": "distributed"}},
        {"settings": {"placement": "fused"}},
        {"settings": {"preset": "hub"}},
        {"settings": {"summarizer": {"model": "./my-bart"}}},
        {"deployments": {"Entities": {"num_replicas": 2}}},
    ],
)
def test_a_placement_large_models_and_options_of_a_stage_are_kept(given: dict[str, Any]) -> None:
    found, config = adapted(given), read(Config, given)

    assert found.settings.placement == config.settings.placement
    assert found.deployments.Digest.replicas == config.deployments.Digest.replicas


def test_a_stopping_replica_has_the_time_that_a_request_may_take() -> None:
    found = adapted({"settings": {"digest": {"deadline_s": 120}, "placement": "distributed"}})
    assert {one.graceful_shutdown_timeout_s for one in found.deployed.values()} == {125}

    given = {"deployments": {"Digest": {"graceful_shutdown_timeout_s": 7}}}
    assert adapted(given).deployments.Digest.graceful_shutdown_timeout_s == 7


def test_haproxy_is_a_trusted_proxy_unless_another_number_is_given() -> None:
    assert adapted({}, proxies=1).settings.api.trusted_proxies == 1
    given = {"settings": {"api": {"trusted_proxies": 2}}}
    assert adapted(given, proxies=1).settings.api.trusted_proxies == 2
