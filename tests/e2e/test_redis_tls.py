"""Ray's head in the image, with a Redis of others: a user, a password, TLS and its authority."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.chart import rendered
from tests.support.container import docker
from tests.support.eventually import eventually

IMAGE = os.environ["WIKI_DIGEST_IMAGE"]
HOST, PORT = "redis", 6380
USER, PASSWORD = "ray", "secret"
TOKEN = "t" * 64
START_S = 120.0
TLS = f"--tls-port {PORT} --port 0 --tls-auth-clients no --tls-ca-cert-file /tls/ca.crt"
KEY = "--tls-cert-file /tls/ca.crt --tls-key-file /tls/ca.key"
LOGIN = f"--user {USER} on >{PASSWORD} ~* &* +@all --user default off"
VALUES = {
    "redisAddress": f"rediss://{HOST}:{PORT}",
    "username": USER,
    "existingSecret": "redis-password",
    "caSecret": "redis-ca",
}


def authority(folder: Path) -> Path:
    """A certificate that is its own authority, and its key, in a folder."""
    folder.mkdir()
    command = f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={HOST}"
    made = f"-addext subjectAltName=DNS:{HOST} -keyout {folder}/ca.key -out {folder}/ca.crt"
    words = f"{command} {made}".split()
    subprocess.run(words, check=True, capture_output=True, timeout=60)
    (folder / "ca.key").chmod(0o644)  # the container's user reads it
    folder.chmod(0o755)
    return folder


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Containers that are removed at the end."""
    with ExitStack() as opened:
        yield opened


def started(stack: ExitStack, *words: str) -> str:
    """A container."""
    name = docker("run", "--detach", *words)
    stack.callback(docker, "rm", "--force", name)
    return name


def redis(stack: ExitStack, tls: Path) -> str:
    """A Redis with these certificates."""
    command = ["redis-server", *f"{TLS} {KEY} {LOGIN}".split(" ")]
    return started(stack, "--volume", f"{tls}:/tls:ro", "redis:7", *command)


def head(stack: ExitStack, redis: str, tls: Path) -> str:
    """A head as KubeRay starts it with the chart's values, which trusts this authority."""
    service = rendered(f"faultTolerance={json.dumps(VALUES)}")
    cluster = service["RayService"]["spec"]["rayClusterConfig"]
    given = cluster["gcsFaultToleranceOptions"]
    containers = cluster["headGroupSpec"]["template"]["spec"]["containers"]
    container = next(one for one in containers if one["name"] == "ray-head")
    file = next(e["value"] for e in container["env"] if e["name"] == "RAY_REDIS_CA_CERT")
    at = docker("inspect", "--format", "{{.NetworkSettings.IPAddress}}", redis)
    return started(
        stack,
        *("--add-host", f"{HOST}:{at}", "--volume", f"{tls}/ca.crt:{file}:ro"),
        *("--env", f"RAY_REDIS_ADDRESS={given['redisAddress']}"),
        *("--env", f"RAY_REDIS_CA_CERT={file}", "--env", f"RAY_AUTH_TOKEN={TOKEN}"),
        *("--entrypoint", "ray", IMAGE),
        *("start", "--head", "--block", "--num-cpus=0"),
        *(f"--redis-username={given['redisUsername']['value']}", f"--redis-password={PASSWORD}"),
    )


def keys(redis: str) -> str:
    """The names of what the head has written."""
    login = ["--no-auth-warning", "--user", USER, "--pass", PASSWORD]
    tls = ["--tls", "--cacert", "/tls/ca.crt", "-p", str(PORT)]
    return docker("exec", redis, "redis-cli", *tls, *login, "keys", "*")


def exit_code(container: str) -> int | None:
    """How a container ended; None while it runs."""
    state = docker("inspect", "--format", "{{.State.Running}} {{.State.ExitCode}}", container)
    running, code = state.split()
    return None if running == "true" else int(code)


def test_its_state_is_kept_there(stack: ExitStack, tmp_path: Path) -> None:
    tls = authority(tmp_path / "tls")
    kept = redis(stack, tls)
    started_head = head(stack, kept, tls)
    try:
        eventually("state in Redis", lambda: "RAY" in keys(kept), START_S)
    except AssertionError:
        raise AssertionError(docker("logs", started_head)) from None


def test_it_does_not_start_if_another_authority_has_signed(
    stack: ExitStack, tmp_path: Path
) -> None:
    kept = redis(stack, authority(tmp_path / "tls"))
    mistrusting = head(stack, kept, authority(tmp_path / "other"))
    assert eventually("its end", lambda: exit_code(mistrusting), START_S)
    assert "CERTIFICATE_VERIFY_FAILED" in docker("logs", mistrusting)
    assert keys(kept) == ""
