import socket
from typing import Any

import pytest

from app.config.loader import Config, read
from app.core.errors import ConfigError, StartError
from app.local import _cpus, _refuse_missing_gpus, refuse_taken
from devtools.server import free_port

# Only these functions of `app/local.py` run without Ray.


def config(placement: str = "distributed", **deployments: object) -> Config:
    """A configuration with these deployment options."""
    data = {"settings": {"placement": placement}, "deployments": deployments}
    return read(Config, data)


def resources(**given: float) -> dict[str, Any]:
    """Deployment options that give each replica these resources."""
    return {"ray_actor_options": given}


@pytest.mark.parametrize("cpus", [0.01, 0.5, 1, 1.5, 7, 7.3])
def test_a_local_ray_has_enough_cpus_for_the_initial_replicas(cpus: float) -> None:
    """Otherwise replicas would wait for ever on a machine with few cores."""
    others = sum(
        option["ray_actor_options"]["num_cpus"]
        for name, option in Config().deployments.model_dump().items()
        if name != "Entities"
    )
    counted = _cpus(config(Entities=resources(num_cpus=cpus)))
    assert others + cpus <= counted <= others + cpus + 1


def test_a_replica_cannot_be_split_across_gpus() -> None:
    """Three replicas of 0.6 sum to less than 2 GPUs, but need 3."""
    crowd = config(Entities={"num_replicas": 3, **resources(num_gpus=0.6)})
    with pytest.raises(ConfigError, match="no worker has room for 1 of its replicas"):
        _refuse_missing_gpus(crowd, 2)


def test_cpus_are_counted_for_each_replica() -> None:
    none: dict[str, Any] = dict.fromkeys(
        ("Digest", "Sentiment", "Summarizer"), resources(num_cpus=0)
    )
    given = config(Entities={"num_replicas": 3, **resources(num_cpus=1)}, **none)
    assert 3 <= _cpus(given) <= 4


def test_available_gpus_can_be_requested() -> None:
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
            "the deployments request 0.5 GPUs, this machine has 0",
        ),
        (
            {"Entities": {"num_replicas": 2, **resources(num_gpus=1)}},
            1,
            "the deployments request 2 GPUs, this machine has 1",
        ),
        (
            dict.fromkeys(("Sentiment", "Entities"), resources(num_gpus=0.75)),
            1,
            "the deployments request 1.5 GPUs, this machine has 1",
        ),
    ],
)
def test_unavailable_gpus_are_rejected_with_both_counts(
    given: dict[str, Any], there: float, expected: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        _refuse_missing_gpus(config(**given), there)
    assert expected == str(caught.value)


def test_a_stage_that_starts_without_replicas_needs_no_gpu() -> None:
    scaled = {"autoscaling_config": {"min_replicas": 0, "max_replicas": 1}}
    _refuse_missing_gpus(config(Entities=scaled | resources(num_gpus=1)), 0)


def test_a_fused_graph_needs_only_the_resources_of_digest() -> None:
    given = config("fused", Digest=resources(num_cpus=3, num_gpus=1))
    assert 3 <= _cpus(given) <= 4
    _refuse_missing_gpus(given, 1)


def test_a_taken_port_is_refused_with_the_option_that_gives_another() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(StartError, match=r"; try --port$"):
            refuse_taken("127.0.0.1", port)
        with pytest.raises(StartError, match=r"; try --metrics-port$"):
            refuse_taken("127.0.0.1", free_port(), port)
