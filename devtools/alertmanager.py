"""Alertmanager: the installed one, or that of Debian's package, in a cache."""

import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from devtools import apt
from devtools.processes import ended_by, wait_until_it_answers
from devtools.server import free_port

WANTED = "Alertmanager is not installed, and apt-get or user namespaces are missing"
NAME = "prometheus-alertmanager"
STOP_S = 60.0
_SHARE = "/usr/share"
_IN_PLACE = f'mount --bind "$0" {_SHARE} && exec "$@"'
"""Show an unpacked package's files where Debian's program looks for its templates."""


def found() -> str | None:
    """The path of the program, if it is here and can run."""
    return _runnable(apt.found(NAME, NAME))


def executable() -> str | None:
    """The path of the program; downloaded if possible, else None."""
    return _runnable(apt.executable(NAME, NAME))


def _runnable(program: str | None) -> str | None:
    if program is None:
        return None
    try:
        check = [*_prefix(program), program, "--version"]
        subprocess.run(check, capture_output=True, timeout=STOP_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return program


def _prefix(program: str) -> list[str]:
    """What starts a program of an unpacked package: a mount that only it sees."""
    share = Path(program).parents[1] / "share"
    if str(share) == _SHARE:
        return []
    return ["unshare", "--mount", "--map-root-user", "sh", "-c", _IN_PLACE, str(share)]


@contextmanager
def running(program: str, config: dict[str, object]) -> Iterator[str]:
    """Host and port of an Alertmanager with this configuration, which knows no other one."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "alertmanager.yml"
        file.write_text(yaml.safe_dump(config), encoding="utf-8")
        address = f"127.0.0.1:{free_port()}"
        command = [
            *_prefix(program),
            program,
            f"--config.file={file}",
            f"--storage.path={folder}/data",
        ]
        command += [f"--web.listen-address={address}", "--cluster.listen-address="]
        command += ["--log.level=error"]
        with ended_by(signal.SIGTERM, command, STOP_S) as process:
            wait_until_it_answers(process, f"http://{address}/-/ready")
            yield address
