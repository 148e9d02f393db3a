from typing import Any

import pytest

from app.config import Config, read
from app.deployments import Deployment
from app.plan import GROUP_LABEL, Group, homeless, least, most


def placed(groups: list[Group], **deployments: dict[str, Any]) -> list[str]:
    """What finds no place, where each has as many replicas as it has at least."""
    chosen = {name: read(Deployment, options) for name, options in deployments.items()}
    return homeless({name: (options, least(options)) for name, options in chosen.items()}, groups)


def actor(**options: Any) -> dict[str, Any]:
    """Options with what one replica is given."""
    return {"ray_actor_options": options}


def test_the_defaults_fit_one_worker_of_one_cpu() -> None:
    """Although fractions do not add up to one exactly."""
    deployed = {name: (options, 1) for name, options in Config().deployed.items()}
    assert homeless(deployed, [Group("cpu", 1, 1)]) == []


@pytest.mark.parametrize(
    ("groups", "options", "count"),
    [
        ([Group("cpu", 1, 1)], actor(num_cpus=2), 1),
        ([Group("cpu", 2, 1)], actor(num_cpus=1) | {"num_replicas": 3}, 1),
        ([Group("cpu", 2, 4)], {"num_replicas": 4, "max_replicas_per_node": 1}, 2),
        ([Group("cpu", 9, 9)], actor(num_gpus=0.5), 1),
        ([Group("gpu", 1, 9, 1)], actor(num_gpus=0.6) | {"num_replicas": 2}, 1),
        ([Group("cpu", 1, 9)], actor(label_selector={GROUP_LABEL: "gpu"}), 1),
    ],
)
def test_what_finds_no_worker_is_named(
    groups: list[Group], options: dict[str, Any], count: int
) -> None:
    """With how many of it."""
    expected = [f"A: no worker has room for {count} of its replicas"]
    assert placed(groups, A=options) == expected


def test_two_halves_share_a_gpu() -> None:
    """A third does not."""
    half = actor(num_gpus=0.5, num_cpus=0)
    gpu = [Group("gpu", 1, 1, 1)]
    assert placed(gpu, A=half, B=half) == []
    assert len(placed(gpu, A=half, B=half, C=half)) == 1


def test_the_number_of_replicas_follows_from_either_option() -> None:
    """A fixed one, or one that changes."""
    fixed = Deployment(num_replicas=3)
    scaled = read(Deployment, {"autoscaling_config": {"min_replicas": 0, "max_replicas": 4}})
    assert (least(fixed), most(fixed), least(scaled), most(scaled)) == (3, 3, 0, 4)
    assert least(Deployment()) == 1
