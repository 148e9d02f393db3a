import pytest
from ray import serve

from app.config.loader import Config, read
from app.core.errors import ConfigError
from app.graph import build, compose
from app.metrics.tally import Tally
from app.serving.metrics import RayMetrics
from app.serving.readiness import VARIABLE


@pytest.mark.parametrize("placement", ["distributed", "fused"])
def test_a_config_becomes_an_application(placement: str) -> None:
    config = read(Config, {"settings": {"placement": placement}})
    assert isinstance(compose(config), serve.Application)


@pytest.mark.parametrize(("metrics", "expected"), [(True, RayMetrics), (False, Tally)])
def test_metrics_are_not_exported_where_they_are_turned_off(
    *, metrics: bool, expected: type
) -> None:
    bound = build({"metrics": metrics})._bound_deployment  # noqa: SLF001 - as below
    recorders = {one for one in bound.init_args if one in (RayMetrics, Tally)}
    assert recorders == {expected}


def deployed(application: serve.Application) -> set[str]:
    """The names of all deployments of an application: its own, and those of its arguments."""
    bound = application._bound_deployment  # noqa: SLF001 - Serve has no other view before it runs
    arguments: dict[str, object] = dict(bound.init_kwargs)
    inner = [one for one in arguments.values() if isinstance(one, serve.Application)]
    return {bound.name}.union(*map(deployed, inner))


@pytest.mark.parametrize(
    ("placement", "expected"),
    [
        ("distributed", {"Digest", "Sentiment", "Summarizer", "Entities"}),
        ("fused", {"Digest", "Hold"}),
    ],
)
def test_some_deployment_delays_readiness_in_a_cluster(
    monkeypatch: pytest.MonkeyPatch, placement: str, expected: set[str]
) -> None:
    """The stages do; Digest cannot, since the health check waits for it."""
    monkeypatch.setenv(VARIABLE, "http://localhost:8000/-/healthz")
    assert deployed(build({"placement": placement})) == expected


def test_nothing_holds_outside_a_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert deployed(build({"placement": "fused"})) == {"Digest"}


def test_the_builder_takes_the_args_of_a_serve_config() -> None:
    assert isinstance(build({"sentiment": {"threshold": 0.5}}), serve.Application)


def test_the_builder_refuses_an_unknown_setting() -> None:
    with pytest.raises(ConfigError, match='sentimnt: unknown; did you mean "sentiment"'):
        build({"sentimnt": {}})
