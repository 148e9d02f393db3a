"""A registry of OCI images and charts: the installed docker-registry, or Debian's, in a cache."""

import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from devtools import apt
from devtools.processes import ended_by, wait_until_it_answers
from devtools.server import free_port

NAME = "docker-registry"
WANTED = f"{NAME} is not installed, and apt-get could not download it"
STOP_S = 60.0


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
        with ended_by(signal.SIGTERM, [program, "serve", str(file)], STOP_S) as process:
            wait_until_it_answers(process, f"http://{address}/v2/")
            yield address
