"""The image under `docker run`, with a read-only root."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

IMAGE = os.environ["WIKI_DIGEST_IMAGE"]
COMMAND_S = 120
START_S = 120
STOP_S = 20
LARGEST = 800_000_000


def docker(*words: str) -> str:
    """The stdout of a docker command."""
    done = subprocess.run(
        ["docker", *words], capture_output=True, text=True, timeout=COMMAND_S, check=True
    )
    return done.stdout.strip()


def inside(container: str, script: str) -> str:
    """The stdout of a script in the container."""
    return docker("exec", container, "sh", "-c", script)


@pytest.fixture(scope="module")
def about() -> dict[str, Any]:
    """The image's metadata, by `docker image inspect`."""
    (found,) = json.loads(docker("image", "inspect", IMAGE))
    return dict(found)


@pytest.fixture(scope="module")
def container() -> Iterator[str]:
    """A running container that answers."""
    options = ["--detach", "--rm", "--publish", "127.0.0.1::8000", "--read-only", "--tmpfs", "/tmp"]
    name = docker("run", *options, IMAGE)
    try:
        _wait_until_it_answers(name)
        yield name
    finally:
        docker("stop", "--time", "0", name)


@pytest.fixture(scope="module")
def address(container: str) -> str:
    """The container's URL."""
    return _address(container)


def test_the_default_settings_serve_a_digest_and_the_page(address: str) -> None:
    digest = requests.get(f"{address}/v1/digest?term=ada+lovelace", timeout=40).json()
    assert (digest["title"], digest["status"]) == ("Ada Lovelace", "ok")
    page = requests.get(address, headers={"Accept": "text/html"}, timeout=10).text
    assert "<title>wiki-digest</title>" in page


def test_nothing_runs_as_root(container: str) -> None:
    users = inside(container, "for p in /proc/[0-9]*; do stat -c %u $p; done 2>/dev/null | sort -u")
    assert users == "1000"


def test_it_serves_through_haproxy(container: str) -> None:
    assert "haproxy" in inside(container, "cat /proc/[0-9]*/comm").splitlines()


def test_only_tmp_is_writable(container: str) -> None:
    script = "for f in / /opt/wiki-digest /home; do touch $f/x 2>/dev/null && echo $f; done; true"
    assert inside(container, script) == ""


def test_it_has_no_build_tools_but_a_shell(container: str) -> None:
    tools = "gcc cc make git curl"
    assert inside(container, f"for t in {tools}; do command -v $t; done; true") == ""
    assert inside(container, "command -v bash") != ""
    assert inside(container, "ls /opt/wiki-digest/bin | grep -c '^pip' || true") == "0"


def test_it_requires_a_token_and_contains_none(about: dict[str, Any]) -> None:
    assert "RAY_AUTH_MODE=token" in about["Config"]["Env"]
    assert not [line for line in about["Config"]["Env"] if line.startswith("RAY_AUTH_TOKEN")]
    found = docker("run", "--rm", "--entrypoint", "sh", IMAGE, "-c", "ls -A /tmp /opt")
    assert found.split() == ["/opt:", "wiki-digest", "/tmp:"]


def test_its_labels_name_title_version_and_revision(about: dict[str, Any]) -> None:
    labels = about["Config"]["Labels"]
    assert labels["org.opencontainers.image.title"] == "wiki-digest"
    assert labels["org.opencontainers.image.version"] == IMAGE.rpartition(":")[2]
    assert len(labels["org.opencontainers.image.revision"]) == 40


def test_its_size_is_bounded(about: dict[str, Any]) -> None:
    assert about["Size"] < LARGEST


def test_it_stops_before_the_timeout_of_docker_stop() -> None:
    name = docker("run", "--detach", "--rm", "--publish", "127.0.0.1::8000", IMAGE)
    _wait_until_it_answers(name)
    started = time.monotonic()
    docker("stop", "--time", str(2 * STOP_S), name)
    assert time.monotonic() - started < STOP_S


def _address(container: str) -> str:
    return f"http://{docker('port', container, '8000')}"


def _wait_until_it_answers(container: str) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        try:
            if requests.get(f"{_address(container)}/v1/models", timeout=5).ok:
                return
        except requests.RequestException:
            time.sleep(0.5)
    raise AssertionError(docker("logs", container))
