import stat
from pathlib import Path

import pytest

from app.serving.local_ray import TOKEN_PATH, closed_to_others


def entered(**inherited: str) -> dict[str, str]:
    """The environment of Ray's processes."""
    environ = dict(inherited)
    with closed_to_others(environ, {}, {}):
        return dict(environ)


@pytest.mark.parametrize("mode", ["disabled", "k8s", "token", ""])
def test_an_inherited_mode_does_not_open_the_ports(mode: str) -> None:
    assert entered(RAY_AUTH_MODE=mode)["RAY_AUTH_MODE"] == "token"


def test_an_inherited_token_is_not_used() -> None:
    found = entered(RAY_AUTH_TOKEN="theirs", RAY_AUTH_TOKEN_PATH="/theirs")

    assert "RAY_AUTH_TOKEN" not in found
    assert found[TOKEN_PATH] != "/theirs"


def test_ray_is_told_to_listen_on_the_loopback_interface() -> None:
    cluster = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"
    assert entered(**{cluster: "1"})[cluster] == "0"


def test_a_run_has_a_token_of_its_own_for_this_user_until_its_end() -> None:
    one: dict[str, str] = {}
    other: dict[str, str] = {}
    with closed_to_others(one, {}, {}), closed_to_others(other, {}, {}):
        files = [Path(found[TOKEN_PATH]) for found in (one, other)]
        tokens = {file.read_text("ascii") for file in files}
        places = [place for file in files for place in (file, file.parent)]
        modes = {stat.S_IMODE(place.stat().st_mode) for place in places}
    assert [len(token) for token in tokens] == [64, 64]
    assert modes == {0o600, 0o700}
    assert not any(file.parent.exists() for file in files)


def test_inherited_variables_replace_defaults_but_not_forced_ones() -> None:
    environ = {"RAY_worker_niceness": "7", "PORT": "1", "HOST": "inherited"}
    with closed_to_others(environ, {"PORT": "2", "OTHER": "2"}, {"HOST": "forced"}):
        pass
    assert environ["RAY_worker_niceness"] == "7"
    assert [environ[name] for name in ("PORT", "OTHER", "HOST")] == ["1", "2", "forced"]
