import pytest
from ray import serve

from app.config.loader import Config, read
from app.core.errors import ConfigError
from app.graph import build, compose


@pytest.mark.parametrize("placement", ["distributed", "fused"])
def test_a_config_becomes_an_application(placement: str) -> None:
    config = read(Config, {"settings": {"placement": placement}})
    assert isinstance(compose(config), serve.Application)


def test_the_builder_takes_the_args_of_a_serve_config() -> None:
    assert isinstance(build({"sentiment": {"threshold": 0.5}}), serve.Application)


def test_the_builder_refuses_an_unknown_setting() -> None:
    with pytest.raises(ConfigError, match='sentimnt: unknown; did you mean "sentiment"'):
        build({"sentimnt": {}})
