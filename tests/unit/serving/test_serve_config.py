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
"""Another application, whose args and deployments are not checked."""
CONFIGS = [{}, {"settings": {"placement": "fused"}}, EVERYTHING]


def rendered(given: dict[str, Any]) -> dict[str, Any]:
    """Render the Serve config of a settings file, through YAML."""
    loaded: dict[str, Any] = yaml.safe_load(yaml.safe_dump(render(read(Config, given))))
    return loaded


def changed(*path: str | int, **keys: object) -> dict[str, Any]:
    """The default Serve config, with `keys` merged in at `path`."""
    data = rendered({})
    place: Any = data
    for step in path:
        place = place[step]
    place.update(keys)
    return data


def changed_app(*path: str | int, **keys: object) -> dict[str, Any]:
    """The default Serve config, with `keys` merged in at `path` of the app's application."""
    return changed("applications", 0, *path, **keys)


def faults(data: dict[str, Any]) -> str:
    """Return the error message for a Serve config."""
    with pytest.raises(ConfigError) as caught:
        check(data)
    return str(caught.value)


def names(given: dict[str, Any]) -> list[str]:
    """Return the names of the deployments in a rendered Serve config."""
    (application,) = rendered(given)["applications"]
    return [deployment["name"] for deployment in application["deployments"]]


@pytest.mark.parametrize("given", CONFIGS)
def test_serve_keeps_every_rendered_key(given: dict[str, Any]) -> None:
    """Serve drops unknown keys silently."""
    expected = rendered(given)
    kept = ServeDeploySchema.model_validate(expected).model_dump(mode="json", exclude_unset=True)
    assert expected == kept


@pytest.mark.parametrize("given", CONFIGS)
def test_the_args_are_the_settings(given: dict[str, Any]) -> None:
    expected = read(Config, given).settings
    (application,) = rendered(given)["applications"]
    assert expected == read(Settings, application["args"])


@pytest.mark.parametrize("given", [{}, EVERYTHING])
def test_the_rendered_deployments_are_the_configured_ones(given: dict[str, Any]) -> None:
    expected = read(Config, given).deployments
    (application,) = rendered(given)["applications"]
    options = {
        deployment["name"]: {key: deployment[key] for key in deployment.keys() - {"name"}}
        for deployment in application["deployments"]
    }
    assert expected == read(Deployments, options)


def test_every_deployment_is_rendered_with_its_options() -> None:
    assert names({}) == list(Deployments.model_fields)


def test_a_fused_graph_has_one_deployment() -> None:
    """Serve rejects options for deployments that the application lacks."""
    expected = ["Digest"]
    assert expected == names({"settings": {"placement": "fused"}})


def test_the_import_path_is_the_graphs_builder() -> None:
    expected = "app.graph:build"
    assert expected == IMPORT_PATH


@pytest.mark.parametrize("given", CONFIGS)
def test_rendered_configs_are_valid(given: dict[str, Any]) -> None:
    check(rendered(given))


@pytest.mark.parametrize(
    "data",
    [
        changed(proxy_location="HeadOnly", http_options={"host": "0.0.0.0", "port": 9000}),
        changed(target_capacity=50),
        changed_app(runtime_env={"env_vars": {"A": "b"}}),
        changed_app("args", sentiment={"threshold": 0.5}),
        changed_app(deployments=[]),
        changed_app(deployments=[{"name": "Entities", "num_replicas": 2}]),
        {"applications": []},
    ],
)
def test_a_valid_file_passes(data: dict[str, Any]) -> None:
    check(data)


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (changed(htp_options={}), "htp_options"),
        (changed(http_options={"prt": 1}), "http_options.prt"),
        (changed_app(route_prefx="/"), "applications.0.route_prefx"),
    ],
)
def test_a_key_unknown_to_serve_is_reported_with_its_path(data: dict[str, Any], place: str) -> None:
    expected = f"{place}: unknown to Serve, which would drop it"
    assert expected in faults(data).splitlines()


@pytest.mark.parametrize(
    ("data", "place", "meant"),
    [
        (changed_app("args", sentimnt={}), "args.sentimnt", "sentiment"),
        (changed_app("args", "sentiment", treshold=1), "args.sentiment.treshold", "threshold"),
        (
            changed_app("deployments", 1, num_replica=1),
            "deployments.Sentiment.num_replica",
            "num_replicas",
        ),
        (
            changed_app("deployments", 1, "ray_actor_options", num_cpu=1),
            "deployments.Sentiment.ray_actor_options.num_cpu",
            "num_cpus",
        ),
        (
            changed_app("deployments", 1, autoscaling_config={"max_replica": 2}),
            "deployments.Sentiment.autoscaling_config.max_replica",
            "max_replicas",
        ),
        (
            changed_app("deployments", 1, "user_config", max_batch_sise=2),
            "deployments.Sentiment.user_config.max_batch_sise",
            "max_batch_size",
        ),
    ],
)
def test_a_misspelt_app_key_is_reported_with_the_nearest_known_key(
    data: dict[str, Any], place: str, meant: str
) -> None:
    """Serve itself does not check args and some options."""
    expected = f'applications.0.{place}: unknown; did you mean "{meant}"?'
    assert expected in faults(data).splitlines()


def test_a_misspelt_key_is_reported_once() -> None:
    expected = 1
    assert expected == len(faults(changed_app("deployments", 1, num_replica=1)).splitlines())


def test_an_unknown_deployment_is_reported_with_the_nearest_known_name() -> None:
    expected = 'applications.0.deployments.Entitees: unknown; did you mean "Entities"?'
    assert expected == faults(changed_app("deployments", 3, name="Entitees"))


def test_options_for_stage_deployments_are_rejected_in_a_fused_graph() -> None:
    """Serve would reject them only after starting everything."""
    line = faults(changed_app("args", placement="fused"))
    assert "Sentiment" in line
    assert "the file" not in line


def test_a_duplicate_deployment_is_rejected() -> None:
    """Serve would drop one of the two."""
    twice = [{"name": "Entities", "num_replicas": 2}, {"name": "Entities"}]
    expected = "applications.0.deployments: Entities given more than once"
    assert expected == faults(changed_app(deployments=twice))


def test_a_value_out_of_bounds_is_reported_with_its_path() -> None:
    lines = faults(changed_app("args", "sentiment", threshold=7))
    assert lines.startswith("applications.0.args.sentiment.threshold: ")


def test_every_error_is_one_line() -> None:
    data = changed_app("args", "sentiment", treshold=1, treshhold=2)
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
        changed_app(args=None),
        changed_app(args=[]),
        changed_app(deployments=None),
        changed_app(deployments=["x"]),
        changed_app(deployments=[{}]),
        changed_app(deployments=[{"num_replicas": 1}]),
        changed_app("deployments", 1, num_replicas=1, autoscaling_config={}),
        changed_app(
            "deployments", 1, autoscaling_config={"policy": {"policy_function": "no.such:thing"}}
        ),
        changed(applications=[OTHERS, OTHERS]),
    ],
)
def test_a_config_that_serve_would_reject_is_reported(data: dict[str, Any]) -> None:
    assert faults(data).startswith("applications")


def test_args_and_deployments_of_other_applications_are_not_checked() -> None:
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
def test_keys_unknown_to_serve_are_reported_in_other_applications_too(
    keys: dict[str, Any], place: str
) -> None:
    data = rendered({})
    data["applications"].append(OTHERS | keys)
    expected = f"applications.1.{place}: unknown to Serve, which would drop it"
    assert expected == faults(data)


def test_check_does_not_mutate_its_input() -> None:
    data = rendered(EVERYTHING)
    check(data)
    expected = rendered(EVERYTHING)
    assert expected == data
