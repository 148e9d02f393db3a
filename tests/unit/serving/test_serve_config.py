from typing import Any

import pytest
import yaml
from ray.serve.schema import ServeDeploySchema

from app.config.deployments import Deployments
from app.config.loader import Config, read
from app.config.settings import Settings
from app.core.errors import ConfigError
from app.serving.serve_config import IMPORT_PATH, check, render

EVERYTHING: dict[str, Any] = {
    "settings": {"preset": "hub", "source": {"kind": "wikipedia", "language": "de"}},
    "deployments": {
        "Digest": {"num_replicas": 2, "max_replicas_per_node": 1},
        "Sentiment": {"user_config": {"max_batch_size": 3, "batch_wait_timeout_s": 0.5}},
        "Entities": {
            "autoscaling_config": {
                "min_replicas": 0,
                "initial_replicas": 1,
                "max_replicas": 4,
                "downscale_to_zero_delay_s": 90,
                "upscaling_factor": 1.5,
                "downscaling_factor": 0.5,
            },
            "ray_actor_options": {
                "num_gpus": 0.5,
                "memory": 1000,
                "resources": {"mine": 1.0},
                "accelerator_type": "H200",
                "label_selector": {"zone": "a"},
                "fallback_strategy": [{"label_selector": {"zone": "b"}}],
                "runtime_env": {"env_vars": {"A": "b"}},
            },
        },
    },
}
OTHERS: dict[str, Any] = {
    "name": "theirs",
    "route_prefix": "/theirs",
    "import_path": "theirs.graph:app",
    "args": {"sentimnt": {"anything": [1, 2]}},
    "deployments": [{"name": "Entitees", "num_replicas": 3, "max_surge_percent": 50}],
}
"""Somebody else's application: nothing in it is ours to judge."""
CONFIGS = [{}, {"settings": {"placement": "fused"}}, EVERYTHING]


def rendered(given: dict[str, Any]) -> dict[str, Any]:
    """The Serve config of a settings file, as it is read back from YAML."""
    loaded: dict[str, Any] = yaml.safe_load(yaml.safe_dump(render(read(Config, given))))
    return loaded


def changed(*path: str | int, **keys: object) -> dict[str, Any]:
    """The default's Serve config, with keys put in at `path`."""
    data = rendered({})
    place: Any = data
    for step in path:
        place = place[step]
    place.update(keys)
    return data


def ours(*path: str | int, **keys: object) -> dict[str, Any]:
    """The default's Serve config, with keys put in at `path` below our application."""
    return changed("applications", 0, *path, **keys)


def faults(data: dict[str, Any]) -> str:
    """What is wrong with a Serve config."""
    with pytest.raises(ConfigError) as caught:
        check(data)
    return str(caught.value)


def names(given: dict[str, Any]) -> list[str]:
    """The deployments that a Serve config has options for."""
    (application,) = rendered(given)["applications"]
    return [deployment["name"] for deployment in application["deployments"]]


@pytest.mark.parametrize("given", CONFIGS)
def test_serve_reads_every_key_that_is_rendered(given: dict[str, Any]) -> None:
    """It drops what it does not know, so what it holds afterwards is what it took in."""
    expected = rendered(given)
    kept = ServeDeploySchema.model_validate(expected).model_dump(mode="json", exclude_unset=True)
    assert expected == kept


@pytest.mark.parametrize("given", CONFIGS)
def test_the_args_are_the_settings(given: dict[str, Any]) -> None:
    """The application builder reads them back as they were."""
    expected = read(Config, given).settings
    (application,) = rendered(given)["applications"]
    assert expected == read(Settings, application["args"])


@pytest.mark.parametrize("given", [{}, EVERYTHING])
def test_the_deployments_are_the_options(given: dict[str, Any]) -> None:
    """Each under its name, and none is lost on the way."""
    expected = read(Config, given).deployments
    (application,) = rendered(given)["applications"]
    options = {
        deployment["name"]: {key: deployment[key] for key in deployment.keys() - {"name"}}
        for deployment in application["deployments"]
    }
    assert expected == read(Deployments, options)


def test_every_deployment_of_the_graph_has_its_options_spelled_out() -> None:
    """They are what a person changes in the file."""
    expected = ["Digest", "Sentiment", "Summarizer", "Entities"]
    assert expected == names({})


def test_a_fused_graph_has_one_deployment() -> None:
    """Serve refuses options for a deployment that the application does not have."""
    expected = ["Digest"]
    assert expected == names({"settings": {"placement": "fused"}})


def test_the_application_is_built_by_a_function_that_exists() -> None:
    """The import path names a file of ours."""
    expected = "app.graph:build"
    assert expected == IMPORT_PATH


@pytest.mark.parametrize("given", CONFIGS)
def test_what_is_rendered_is_good(given: dict[str, Any]) -> None:
    """Whatever the settings."""
    check(rendered(given))


@pytest.mark.parametrize(
    "data",
    [
        changed(proxy_location="HeadOnly", http_options={"host": "0.0.0.0", "port": 9000}),
        changed(target_capacity=50),
        ours(runtime_env={"env_vars": {"A": "b"}}),
        ours("args", sentiment={"threshold": 0.5}),
        ours(deployments=[]),
        ours(deployments=[{"name": "Entities", "num_replicas": 2}]),
        {"applications": []},
    ],
)
def test_a_good_file_passes(data: dict[str, Any]) -> None:
    """Also one that was written by hand and says less."""
    check(data)


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (changed(htp_options={}), "htp_options"),
        (changed(http_options={"prt": 1}), "http_options.prt"),
        (ours(route_prefx="/"), "applications.0.route_prefx"),
    ],
)
def test_a_key_that_serve_would_drop_is_named(data: dict[str, Any], place: str) -> None:
    """With the place where it stands."""
    expected = f"{place}: unknown to Serve, which would drop it"
    assert expected in faults(data).splitlines()


@pytest.mark.parametrize(
    ("data", "place", "meant"),
    [
        (ours("args", sentimnt={}), "args.sentimnt", "sentiment"),
        (ours("args", "sentiment", treshold=1), "args.sentiment.treshold", "threshold"),
        (
            ours("deployments", 1, num_replica=1),
            "deployments.Sentiment.num_replica",
            "num_replicas",
        ),
        (
            ours("deployments", 1, "ray_actor_options", num_cpu=1),
            "deployments.Sentiment.ray_actor_options.num_cpu",
            "num_cpus",
        ),
        (
            ours("deployments", 1, autoscaling_config={"max_replica": 2}),
            "deployments.Sentiment.autoscaling_config.max_replica",
            "max_replicas",
        ),
        (
            ours("deployments", 1, "user_config", max_batch_sise=2),
            "deployments.Sentiment.user_config.max_batch_sise",
            "max_batch_size",
        ),
    ],
)
def test_a_misspelt_key_of_ours_is_answered_with_the_right_one(
    data: dict[str, Any], place: str, meant: str
) -> None:
    """In the args and in every option, also where Serve itself would not look."""
    expected = f'applications.0.{place}: unknown; did you mean "{meant}"?'
    assert expected in faults(data).splitlines()


def test_a_misspelt_key_is_told_once() -> None:
    """One fault, one line."""
    expected = 1
    assert expected == len(faults(ours("deployments", 1, num_replica=1)).splitlines())


def test_a_deployment_that_the_graph_does_not_have_is_named() -> None:
    """With the one that was probably meant."""
    expected = 'applications.0.deployments.Entitees: unknown; did you mean "Entities"?'
    assert expected == faults(ours("deployments", 3, name="Entitees"))


def test_options_for_stages_are_refused_where_all_are_fused() -> None:
    """Serve would refuse them, but only once it has started everything."""
    line = faults(ours("args", placement="fused"))
    assert "Sentiment" in line
    assert "the file" not in line


def test_a_deployment_that_is_given_twice_is_refused() -> None:
    """Whichever Serve takes, the other would be dropped."""
    twice = [{"name": "Entities", "num_replicas": 2}, {"name": "Entities"}]
    expected = "applications.0.deployments: Entities given more than once"
    assert expected == faults(ours(deployments=twice))


def test_a_value_out_of_bounds_is_named() -> None:
    """By the same bounds as in a settings file."""
    lines = faults(ours("args", "sentiment", threshold=7))
    assert lines.startswith("applications.0.args.sentiment.threshold: ")


def test_every_fault_is_one_line() -> None:
    """Serve's and ours together."""
    data = ours("args", "sentiment", treshold=1, treshhold=2)
    data["htp_options"] = {}
    expected = 3
    assert expected == len(faults(data).splitlines())


@pytest.mark.parametrize(
    "data",
    [
        {"applications": None},
        {"applications": "x"},
        {"applications": ["x"]},
        {"applications": [{"name": "x"}]},
        ours(args=None),
        ours(args=[]),
        ours(deployments=None),
        ours(deployments=["x"]),
        ours(deployments=[{}]),
        ours(deployments=[{"num_replicas": 1}]),
        ours("deployments", 1, num_replicas=1, autoscaling_config={}),
        ours("deployments", 1, autoscaling_config={"policy": {"policy_function": "no.such:thing"}}),
        changed(applications=[OTHERS, OTHERS]),
    ],
)
def test_what_serve_would_refuse_is_refused_in_words(data: dict[str, Any]) -> None:
    """Whatever Serve's own way of refusing it is."""
    assert faults(data).startswith("applications")


def test_applications_of_others_are_left_alone() -> None:
    """Their args and deployments are theirs."""
    data = rendered({})
    data["applications"].append(OTHERS)
    check(data)
    check({"applications": [OTHERS]})


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        ({"argz": {}}, "argz"),
        ({"deployments": [{"name": "X", "num_replica": 1}]}, "deployments.0.num_replica"),
        (
            {"deployments": [{"name": "X", "ray_actor_options": {"num_cpu": 1}}]},
            "deployments.0.ray_actor_options.num_cpu",
        ),
    ],
)
def test_what_serve_would_drop_is_named_in_the_applications_of_others_too(
    keys: dict[str, Any], place: str
) -> None:
    """That is wrong wherever it stands."""
    data = rendered({})
    data["applications"].append(OTHERS | keys)
    expected = f"applications.1.{place}: unknown to Serve, which would drop it"
    assert expected == faults(data)


def test_checking_does_not_touch_what_was_given() -> None:
    """The mapping belongs to the caller."""
    data = rendered(EVERYTHING)
    check(data)
    expected = rendered(EVERYTHING)
    assert expected == data
