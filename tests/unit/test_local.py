from typing import Any

import pytest

from app.config.loader import Config, read
from app.core.errors import ConfigError
from app.local import _cpus, _refuse_missing_gpus

# The rest of `app/local.py` needs a Ray; these decide, and need none.


def config(placement: str = "distributed", **deployments: object) -> Config:
    """A configuration with these options of deployments."""
    data = {"settings": {"placement": placement}, "deployments": deployments}
    return read(Config, data)


def resources(**given: float) -> dict[str, Any]:
    """The options of a deployment whose replicas are given that."""
    return {"ray_actor_options": given}


@pytest.mark.parametrize("cpus", [0.01, 0.5, 1, 1.5, 7, 7.3])
def test_a_local_ray_counts_enough_cpus_for_the_start(cpus: float) -> None:
    """Or a replica would wait for ever, on a machine of however few cores."""
    others = sum(
        option["ray_actor_options"]["num_cpus"]
        for name, option in Config().deployments.model_dump().items()
        if name != "Entities"
    )
    counted = _cpus(config(Entities=resources(num_cpus=cpus)))
    assert others + cpus <= counted <= others + cpus + 1


def test_a_fraction_is_of_one_gpu() -> None:
    """Three of 0.6 are less than two GPUs, and need three."""
    crowd = config(Entities={"num_replicas": 3, **resources(num_gpus=0.6)})
    with pytest.raises(ConfigError, match="no worker has room for 1 of its replicas"):
        _refuse_missing_gpus(crowd, 2)


def test_cpus_are_counted_for_each_replica() -> None:
    """Three of one CPU each, and nothing else."""
    none: dict[str, Any] = dict.fromkeys(
        ("Digest", "Sentiment", "Summarizer"), resources(num_cpus=0)
    )
    given = config(Entities={"num_replicas": 3, **resources(num_cpus=1)}, **none)
    assert 3 <= _cpus(given) <= 4


def test_gpus_that_are_there_can_be_asked_for() -> None:
    """To the last one, and none at all on a machine without."""
    _refuse_missing_gpus(config(), 0)
    _refuse_missing_gpus(config(Entities=resources(num_gpus=1)), 1)
    halves: dict[str, Any] = dict.fromkeys(("Sentiment", "Entities"), resources(num_gpus=0.5))
    _refuse_missing_gpus(config(**halves), 1)


@pytest.mark.parametrize(
    ("given", "there", "expected"),
    [
        (
            {"Entities": resources(num_gpus=0.5)},
            0,
            "deployments ask for 0.5 GPUs, this machine has 0",
        ),
        (
            {"Entities": {"num_replicas": 2, **resources(num_gpus=1)}},
            1,
            "deployments ask for 2 GPUs, this machine has 1",
        ),
        (
            dict.fromkeys(("Sentiment", "Entities"), resources(num_gpus=0.75)),
            1,
            "deployments ask for 1.5 GPUs, this machine has 1",
        ),
    ],
)
def test_gpus_that_are_not_there_are_refused(
    given: dict[str, Any], there: float, expected: str
) -> None:
    """With how many are asked for, and how many there are."""
    with pytest.raises(ConfigError) as caught:
        _refuse_missing_gpus(config(**given), there)
    assert expected == str(caught.value)


def test_a_stage_that_begins_without_replicas_asks_for_no_gpu() -> None:
    """It may never be asked for anything."""
    scaled = {"autoscaling_config": {"min_replicas": 0, "max_replicas": 1}}
    _refuse_missing_gpus(config(Entities=scaled | resources(num_gpus=1)), 0)


def test_a_fused_graph_asks_only_for_what_its_one_deployment_does() -> None:
    """The stages' deployments do not exist in it."""
    given = config("fused", Digest=resources(num_cpus=3, num_gpus=1))
    assert 3 <= _cpus(given) <= 4
    _refuse_missing_gpus(given, 1)
