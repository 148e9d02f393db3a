"""Faults that last as long as their context."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.e2e.support import SHORT_S, Release, run

KILL = """
import contextlib, os, pathlib, select, signal, sys
while not select.select([sys.stdin], [], [], 0.2)[0]:
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if path.read_bytes().startswith(b"ray::ServeReplica:wiki-digest:Entities"):
                os.kill(int(path.parent.name), signal.SIGKILL)
"""
"""No replica gets ready; it ends with its stdin."""


@contextmanager
def without_a_stage(release: Release) -> Iterator[None]:
    """All replicas of a stage are killed, and those that replace them."""
    with ExitStack() as stack:
        for pod in release.ready("worker"):
            stack.enter_context(_killing(release, pod))
        yield


@contextmanager
def _killing(release: Release, pod: str) -> Iterator[None]:
    inside = ["kubectl", "exec", "--stdin", pod, "--namespace", release.namespace, "--"]
    with subprocess.Popen([*inside, "python3", "-c", KILL], stdin=subprocess.PIPE) as process:
        yield
        assert process.stdin
        process.stdin.close()
        assert process.wait(SHORT_S) == 0


@contextmanager
def without_a_head(release: Release) -> Iterator[None]:
    """The head is deleted, and no node takes another."""
    (head,) = release.ready("head")
    workers = "--selector=!node-role.kubernetes.io/control-plane"
    run("kubectl", "cordon", workers)
    try:
        run("kubectl", "delete", "pod", head, "--namespace", release.namespace, "--wait=false")
        yield
    finally:
        run("kubectl", "uncordon", workers)


@contextmanager
def with_a_missing_model(release: Release) -> Iterator[None]:
    """The release is upgraded to a model that does not exist."""
    release.upgrade('settings.sentiment.model="/nope"')
    try:
        yield
    finally:
        release.upgrade('settings.sentiment.model="embedded"')
