"""A registry of OCI images and charts: the installed docker-registry, or Debian's, in a cache."""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
import yaml

from devtools import apt
from devtools.server import free_port

NAME = "docker-registry"
WANTED = f"{NAME} is not installed, and apt-get could not download it"
START_S = 30.0
STOP_S = 10.0


def executable() -> str | None:
    """The path of the program; downloaded if possible, else None."""
    return apt.executable(NAME, NAME)


@contextmanager
def running(program: str) -> Iterator[str]:
    """A registry without a password on this machine, as `127.0.0.1:PORT`; its data is deleted."""
    with tempfile.TemporaryDirectory() as folder:
        address = f"127.0.0.1:{free_port()}"
        config = {
            "version": 0.1,
            "log": {"level": "error", "accesslog": {"disabled": True}},
            "storage": {"filesystem": {"rootdirectory": f"{folder}/data"}},
            "http": {"addr": address},
        }
        file = Path(folder) / "config.yml"
        file.write_text(yaml.safe_dump(config), encoding="utf-8")
        with subprocess.Popen([program, "serve", str(file)]) as process:
            try:
                _wait(address, process)
                yield address
            finally:
                process.terminate()
                process.wait(STOP_S)


def _wait(address: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_S
    while not _answers(address):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{NAME} did not start")
        time.sleep(0.1)


def _answers(address: str) -> bool:
    try:
        return requests.get(f"http://{address}/v2/", timeout=START_S).ok
    except requests.ConnectionError:
        return False
