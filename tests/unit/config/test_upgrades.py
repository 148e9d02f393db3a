from collections import Counter

import pytest

from app.config.loader import Config, read
from app.config.placement import INCREMENTAL, NEW_CLUSTER, NO_UPGRADE, Group, Plan
from app.config.upgrades import Fleet, added, capacities, peak, twice


def gpus(replicas: int, least: int = 0) -> tuple[Config, tuple[Group, ...]]:
    """`Entities` with a GPU for each replica, and one worker for the rest."""
    rest = {name: {"num_replicas": 1} for name in ("Digest", "Sentiment", "Summarizer")}
    actor = {"num_cpus": 0, "num_gpus": 1, "label_selector": {"wiki-digest/group": "gpu"}}
    entities = {"num_replicas": replicas, "ray_actor_options": actor}
    config = read(Config, {"deployments": rest | {"Entities": entities}})
    return config, (Group("cpu", 1, 1, 1.0), Group("gpu", least, replicas, 1.0, 1))


def test_the_new_cluster_grows_before_the_old_one_shrinks() -> None:
    assert [*capacities(40)] == [
        (100, 40),
        (60, 40),
        (60, 80),
        (20, 80),
        (20, 100),
        (0, 100),
    ]


@pytest.mark.parametrize("surge", [1, 33, 100])
def test_every_upgrade_ends_with_the_new_cluster_alone(surge: int) -> None:
    assert [*capacities(surge)][-1] == (0, 100)


def test_a_second_cluster_of_full_size_is_added_at_once() -> None:
    assert added(Plan(*gpus(5), upgrade=NEW_CLUSTER)) == Counter(cpu=1, gpu=5)


def test_steps_add_one_gpu_and_the_pods_that_every_cluster_has() -> None:
    plan = Plan(*gpus(5), upgrade=INCREMENTAL, surge_percent=20)
    assert added(plan) == Counter(cpu=1, gpu=1)
    assert peak(plan) == Fleet(8, 8.0, 6)
    assert twice(plan) == Fleet(12, 12.0, 10)


def test_a_minimum_of_workers_saves_nothing() -> None:
    plan = Plan(*gpus(5, least=5), upgrade=INCREMENTAL, surge_percent=20)
    assert peak(plan) == twice(plan)


def test_nothing_is_added_where_kuberay_replaces_nothing() -> None:
    assert added(Plan(*gpus(5), upgrade=NO_UPGRADE)) == Counter()
