"""What is attacked, `wiki-digest serve` or a container of the image, and the other processes."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol, Self

from devtools.server import Server, first_line
from tests.support.container import docker, wait_until_it_answers

ROOT = Path(__file__).parents[2]
IMAGE = os.environ.get("WIKI_DIGEST_IMAGE", "wiki-digest")
BEGIN_S = 60.0
"""Seconds for thousands of clients to connect."""
FILES = "nofile=20000:20000"
ARTICLES = "/articles"
HOST = "host.docker.internal"
CACHED = 256
CACHES = (f"digest.cache_size={CACHED}", f"source.cache_size={CACHED}")
"""Small caches, which are full before memory is measured."""


class Target(Protocol):
    """A running server."""

    name: str
    host: str
    port: int
    victim: str | None
    """The address that the victim asks from; None for the one that the system chooses."""

    def memory(self) -> int:
        """Memory of the server's processes in bytes (PSS)."""
        ...

    def attacker(self, at: int) -> tuple[list[str], list[str]]:
        """The command of Python for the attacker of this number, and its address if it is given."""
        ...


class Local:
    """`wiki-digest serve`; everybody has an address of the loopback interface."""

    name = "serve"
    host = "127.0.0.1"
    victim: str | None = "127.0.0.2"

    def __init__(self, server: Server) -> None:
        self._server = server
        self.port = server.port

    def memory(self) -> int:
        return self._server.memory()

    def attacker(self, at: int) -> tuple[list[str], list[str]]:
        return [sys.executable], [f"127.0.1.{at}"]


class Container:
    """A container of the image; attackers run in others, and the victim asks from the host."""

    name = "image"
    port = 8000
    victim: str | None = None

    def __init__(self, container: str) -> None:
        self._container = container
        network = "{{.NetworkSettings.IPAddress}}"
        self.host = docker("inspect", "--format", network, container)

    def memory(self) -> int:
        lines = docker(
            *("exec", self._container, "sh", "-c"), "cat /proc/[0-9]*/smaps_rollup 2>/dev/null"
        ).splitlines()
        return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))

    def attacker(self, at: int) -> tuple[list[str], list[str]]:
        code = ["--volume", f"{ROOT}:/src:ro", "--workdir", "/src", "--entrypoint", "python"]
        name = f"wiki-digest-attacker-{os.getpid()}-{at}"
        run = ["docker", "run", "--rm", "--interactive", "--name", name, "--ulimit", FILES]
        return [*run, *code, IMAGE], []


@contextmanager
def served(folder: Path, wiki: str | None) -> Iterator[Target]:
    """`wiki-digest serve` with the articles of a folder, or of a wiki."""
    with Server(*_settings(str(folder), wiki)) as server:
        yield Local(server)


@contextmanager
def contained(folder: Path, wiki: str | None) -> Iterator[Target]:
    """A container of the image with the articles of a folder, or of a wiki on this machine."""
    options = ["--read-only", "--tmpfs", "/tmp", "--ulimit", FILES]
    options += ["--volume", f"{folder}:{ARTICLES}:ro", "--add-host", f"{HOST}:host-gateway"]
    url = wiki and wiki.replace("0.0.0.0", HOST)
    given = [word for one in _settings(ARTICLES, url) for word in ("--set", one)]
    serve = ["wiki-digest", "serve", "--host", "0.0.0.0", *given]
    container = docker("run", "--detach", "--rm", *options, IMAGE, *serve)
    try:
        target = Container(container)
        wait_until_it_answers(container, f"http://{target.host}:{target.port}")
        yield target
    finally:
        docker("stop", "--time", "0", container)


TARGETS = {"serve": served, "image": contained}


@contextmanager
def wiki(folder: Path) -> Iterator[str]:
    """The address of a hostile wiki with the articles of a folder, in a process of its own."""
    with _process([sys.executable, "-m", "tests.hostile.wiki", "0.0.0.0", str(folder)]) as process:
        yield first_line(process, BEGIN_S)


class Attackers:
    """Clients that attack a target within the context, or until they are stopped."""

    def __init__(self, target: Target, at: int, attack: str, size: int) -> None:
        python, source = target.attacker(at)
        at_target = [attack, str(size), target.host, str(target.port)]
        self._command = [*python, "-m", "tests.hostile.attacks", *at_target, *source]

    def __enter__(self) -> Self:
        """Start them, and wait until each has connected."""
        self._stack = ExitStack()
        self._process = self._stack.enter_context(_process(self._command))
        if first_line(self._process, BEGIN_S) != "begun":
            self._stack.close()
            raise RuntimeError(f"the attack did not begin: {self._command}")
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def stop(self) -> dict[str, int]:
        """End the attack; return the number of responses by status."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        statuses: dict[str, int] = json.loads(first_line(self._process, BEGIN_S))
        return statuses


@contextmanager
def _process(command: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    """A process that ends with its stdin."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT) as process:
        yield process


def _settings(folder: str, wiki: str | None) -> tuple[str, ...]:
    if wiki:
        return (*CACHES, "source=wikipedia", f"source.api_url={wiki}")
    return (*CACHES, f"source.folder={folder}")
