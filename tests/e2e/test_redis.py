"""The chart's Redis under `docker run`, as its Deployment starts it."""

import subprocess
import time
from collections.abc import Iterator

import pytest

from tests.support.chart import rendered

PASSWORD = "a 'quoted' \"password\" with # and $HOME \\ é"
START_S = 120


@pytest.fixture(scope="module")
def redis() -> Iterator[str]:
    """A running container."""
    deployment = rendered('faultTolerance={"enabled": true}')["Deployment"]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    program, *arguments = container["command"]
    confined = ["--read-only", "--cap-drop", "ALL", "--user", "999", "--tmpfs", "/data:uid=999"]
    given = ["--env", f"PASSWORD={PASSWORD}", "--entrypoint", program, container["image"]]
    name = docker("run", "--detach", "--rm", *confined, *given, *arguments)
    try:
        deadline = time.monotonic() + START_S
        while "NOAUTH" not in command(name, "", "ping") and time.monotonic() < deadline:
            time.sleep(0.1)
        yield name
    finally:
        docker("stop", name)


def docker(*words: str) -> str:
    """The output of a docker command."""
    done = subprocess.run(
        ["docker", *words], capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout.strip() + done.stderr.strip()


def command(redis: str, password: str, *words: str) -> str:
    """The answer to a command of Redis."""
    given = ["--env", f"REDISCLI_AUTH={password}"] if password else []
    return docker("exec", *given, redis, "redis-cli", *words)


def test_it_accepts_its_password_only(redis: str) -> None:
    assert command(redis, PASSWORD, "set", "key", "value") == "OK"
    assert command(redis, PASSWORD, "get", "key") == "value"
    assert "NOAUTH" in command(redis, "", "get", "key")
    assert "WRONGPASS" in command(redis, "wrong", "get", "key")
