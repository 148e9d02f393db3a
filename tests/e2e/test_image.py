"""The image under `docker run`, with a read-only root."""

import json
import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import requests

from app.api.admission import TERMS_AT_ONCE
from tests.e2e.support import tried
from tests.support.container import docker, wait_until_it_answers
from tests.support.streams import SLOW, under_way

ROOT = Path(__file__).parents[2]
IMAGE = os.environ["WIKI_DIGEST_IMAGE"]
STOP_S = 40
"""As in the README; above the deadline of a request."""
LISTENING = "0A"
LARGEST = 800_000_000


def inside(container: str, script: str) -> str:
    """The stdout of a script in the container."""
    return docker("exec", container, "sh", "-c", script)


def open_ports(container: str) -> set[int]:
    """The ports that listen on all interfaces."""
    rows = [line.split() for line in inside(container, "cat /proc/net/tcp*").splitlines()]
    local = [row[1].split(":") for row in rows if row[3] == LISTENING]
    return {int(port, 16) for address, port in local if not int(address, 16)}


@pytest.fixture(scope="module")
def about() -> dict[str, Any]:
    """The image's metadata, by `docker image inspect`."""
    (found,) = json.loads(docker("image", "inspect", IMAGE))
    return dict(found)


@contextmanager
def running(*options: str) -> Iterator[str]:
    """A container that answers."""
    given = ["--detach", "--rm", "--publish", "127.0.0.1::8000", "--read-only", "--tmpfs", "/tmp"]
    name = docker("run", *given, *options, IMAGE)
    try:
        wait_until_it_answers(name, _address(name))
        yield name
    finally:
        docker("stop", "--time", "0", name)


@pytest.fixture(scope="module")
def container() -> Iterator[str]:
    """A container with the image's own user."""
    with running() as name:
        yield name


def users(container: str) -> str:
    """The users of all processes."""
    return inside(container, "for p in /proc/[0-9]*; do stat -c %u $p; done 2>/dev/null | sort -u")


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
    assert users(container) == "1000"


def test_it_serves_as_a_user_without_a_name_as_openshift_assigns_them() -> None:
    with running("--user", "1000680000:0") as name:
        assert users(name) == "1000680000"
        digest = requests.get(f"{_address(name)}/v1/digest?term=kyoto", timeout=40).json()
    assert digest["title"] == "Kyoto"


def test_it_serves_through_haproxy(container: str) -> None:
    assert "haproxy" in inside(container, "cat /proc/[0-9]*/comm").splitlines()


def test_only_http_and_the_calls_between_replicas_leave_the_loopback_interface(
    container: str,
) -> None:
    """A replica's port for calls requires the token; `docker run` publishes HTTP only."""
    replicas = inside(container, "cat /proc/[0-9]*/comm").count("ray::ServeRepl")
    opened = open_ports(container)
    assert 8000 in opened
    assert len(opened) <= 1 + replicas


def test_haproxy_has_no_page_of_statistics_and_a_socket_for_its_user_only(container: str) -> None:
    config = inside(container, "cat /tmp/haproxy-serve/*/haproxy.safer.cfg")
    assert "frontend http_frontend" in config
    assert "listen stats" not in config
    assert inside(container, "stat -c %a /tmp/haproxy-serve/*/admin.sock") == "600"


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


def test_its_inventory_has_the_packages_of_debian_and_of_python() -> None:
    command = ["make", "--silent", "sbom"]
    made = subprocess.run(command, cwd=ROOT, check=True, timeout=300, stdout=-1, text=True)
    file = ROOT / made.stdout.splitlines()[-1]
    listed = json.loads(file.read_text("utf-8"))["components"]
    purls = [unquote(one["purl"]) for one in listed if "purl" in one]
    found = {purl.partition("@")[0] for purl in purls if not purl.endswith("arch=source")}
    query = ("--entrypoint", "dpkg-query", IMAGE, "--show", "--showformat", "${Package}\n")
    packages = docker("run", "--rm", *query).split()
    assert {f"pkg:deb/debian/{package}" for package in packages} <= found
    assert {f"pkg:pypi/{package}" for package in ("ray", "onnxruntime", "fastapi")} <= found
    assert "pkg:generic/cpython" in found


def test_docker_stop_lets_requests_under_way_end() -> None:
    """All from one address, of which `TERMS_AT_ONCE` run at the same time."""
    slow = [word for setting in SLOW for word in ("--set", setting)]
    options = ["--detach", "--rm", "--publish", "127.0.0.1::8000", "--stop-timeout", str(STOP_S)]
    name = docker("run", *options, IMAGE, "wiki-digest", "serve", "--host", "0.0.0.0", *slow)
    try:
        wait_until_it_answers(name, _address(name))
        with ThreadPoolExecutor() as pool, under_way(_address(name), TERMS_AT_ONCE) as streams:
            code = pool.submit(docker, "wait", name)
            pool.submit(docker, "stop", name)
            ends = ["event: digest" in list(lines) for lines in streams]
            assert code.result() == "0"
    finally:
        tried("docker", "rm", "--force", name)
    assert ends == [True] * TERMS_AT_ONCE


def _address(container: str) -> str:
    return f"http://{docker('port', container, '8000')}"
