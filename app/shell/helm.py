"""Rolls a release of Helm back."""

import shutil
import subprocess
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NoReturn

from app.core.errors import ShellError

ROLLBACK_S = 300.0
NAME, NAMESPACE = "meta.helm.sh/release-name", "meta.helm.sh/release-namespace"
"""Annotations that Helm gives to each object of a release."""


def rollback_of(service: Mapping[str, Any]) -> list[str]:
    """The command that rolls back the release to which an object belongs.

    Raises:
        ShellError: it belongs to none, or helm is not installed.
    """
    annotations = service["metadata"].get("annotations", {})
    if NAME not in annotations:
        raise ShellError("Helm did not install this RayService, so there is no rollback")
    if not shutil.which("helm"):
        raise ShellError("helm is not installed, so there is no rollback")
    return ["helm", "rollback", annotations[NAME], "--namespace", annotations[NAMESPACE]]


def turn_back(
    why: str, command: list[str], around: AbstractContextManager[None] | None = None
) -> NoReturn:
    """Run the command inside of `around`; without one, only say why it would be run.

    Raises:
        ShellError: always; it says why.
    """
    if not command:
        raise ShellError(f"{why}; not rolled back (--dry-run)")
    with around or nullcontext():
        run(command)
    raise ShellError(f"rolled back: {why}")


def run(command: list[str], within_s: float = ROLLBACK_S) -> None:
    """Run helm.

    Raises:
        ShellError: it failed, or took longer than `within_s` seconds.
    """
    try:
        done = subprocess.run(  # noqa: S603 - runs without a shell
            command, capture_output=True, text=True, timeout=within_s, check=False
        )
    except subprocess.TimeoutExpired:
        raise ShellError(f"{' '.join(command)} took longer than {within_s:g} s") from None
    if done.returncode:
        raise ShellError(f"{' '.join(command)} failed: {done.stderr.strip()}")
