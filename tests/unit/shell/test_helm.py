import os
from pathlib import Path
from typing import Any

import pytest

from app.core.errors import ShellError
from app.shell.helm import NAME, NAMESPACE, rollback_of, run, turn_back

SERVICE: dict[str, Any] = {"metadata": {"annotations": {NAME: "my", NAMESPACE: "search"}}}

posix = pytest.mark.skipif(os.name != "posix", reason="the stand-in for helm is a shell script")


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, before all others in which programs are looked for."""
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    return tmp_path


def helm(folder: Path, script: str) -> None:
    """A stand-in for helm."""
    (folder / "helm").write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    (folder / "helm").chmod(0o755)


@posix
def test_the_release_of_an_object_is_rolled_back(path: Path) -> None:
    helm(path, f"echo $@ > {path}/given")
    run(rollback_of(SERVICE))
    assert (path / "given").read_text("utf-8") == "rollback my --namespace search\n"


@posix
def test_a_bad_version_is_turned_back_with_the_reason(path: Path) -> None:
    helm(path, f"echo $@ > {path}/given")
    with pytest.raises(ShellError, match="rolled back: 5 of 5 failed"):
        turn_back("5 of 5 failed", rollback_of(SERVICE))
    assert (path / "given").exists()


def test_a_dry_run_only_says_why() -> None:
    with pytest.raises(ShellError, match=r"5 of 5 failed; not rolled back \(--dry-run\)"):
        turn_back("5 of 5 failed", [])


@posix
@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo no revision >&2; exit 1", "helm rollback my --namespace search failed: no revision"),
        ("exec sleep 60", "took longer than 0.1 s"),
    ],
)
def test_a_helm_that_fails_or_hangs_is_named(path: Path, script: str, said: str) -> None:
    helm(path, script)
    with pytest.raises(ShellError, match=said):
        run(rollback_of(SERVICE), within_s=0.1 if "sleep" in script else 10)


def test_an_object_that_helm_did_not_make_has_no_rollback() -> None:
    with pytest.raises(ShellError, match="Helm did not install this RayService"):
        rollback_of({"metadata": {}})


def test_a_missing_helm_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ShellError, match="helm is not installed"):
        rollback_of(SERVICE)
