"""What CI and the image take from elsewhere, other than Python's packages, is named by content."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
BASES = ROOT / "deploy" / "image" / "bases" / "Dockerfile"
WORKFLOWS = [
    *sorted((ROOT / ".github" / "workflows").glob("*.yml")),
    *sorted((ROOT / ".github" / "actions").glob("*/action.yml")),
]
USES = [
    pytest.param(line.strip(), id=f"{file.name}: {line.strip()[:40]}")
    for file in WORKFLOWS
    for line in file.read_text("utf-8").splitlines()
    if "uses:" in line
]
DOCKER = """#!/bin/sh
case $* in
  *slim*) echo {repositories} ;;
  *) exit 1 ;;
esac
"""


@pytest.mark.parametrize("line", USES)
def test_an_action_is_named_by_its_commit_and_its_version(line: str) -> None:
    assert re.fullmatch(r"- uses: (\./\S+|\S+/\S+@[0-9a-f]{40} # v\d+\.\d+\.\d+)", line)


def test_there_are_actions() -> None:
    assert len(USES) > len(WORKFLOWS)


def test_the_base_images_are_those_of_the_dockerfile_by_digest() -> None:
    tags = re.findall(r"^ARG (\w+)_IMAGE=(\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    pattern = r"^FROM (\S+)@sha256:[0-9a-f]{64} AS (\w+)$"
    pinned = re.findall(pattern, BASES.read_text("utf-8"), re.MULTILINE)
    assert [(stage.upper(), tag) for tag, stage in pinned] == tags


def test_the_base_images_and_the_actions_are_updated() -> None:
    config = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text("utf-8"))
    updated = {
        (entry["package-ecosystem"], folder)
        for entry in config["updates"]
        for folder in entry.get("directories", [entry.get("directory")])
    }
    assert {
        ("docker", f"/{BASES.parent.relative_to(ROOT).as_posix()}"),
        ("github-actions", "/"),
        ("github-actions", "/.github/actions/setup"),
    } <= updated


def arguments(folder: Path, repositories: int) -> list[str]:
    """The build arguments where a slim image is there, with so many digests of registries."""
    for name in ("sh", "sed", "tr"):
        (folder / name).symlink_to(shutil.which(name) or name)
    (folder / "docker").write_text(DOCKER.format(repositories=repositories))
    (folder / "docker").chmod(0o755)
    done = subprocess.run(
        [ROOT / "tools" / "bases", BASES],
        env={"PATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=10,
        check=True,
    )
    return done.stdout.splitlines()


@pytest.mark.parametrize("repositories", [1, 2])
def test_an_image_that_is_not_there_or_was_pulled_is_named_by_digest(
    tmp_path: Path, repositories: int
) -> None:
    builder, runtime = arguments(tmp_path, repositories)
    assert re.fullmatch(r"--build-arg BUILDER_IMAGE=python:\S+@sha256:\w{64}", builder)
    assert re.fullmatch(r"--build-arg RUNTIME_IMAGE=python:\S+-slim-\w+@sha256:\w{64}", runtime)


def test_an_image_of_this_machine_is_named_by_its_tag(tmp_path: Path) -> None:
    """It was built or loaded here, and no registry knows it."""
    builder, runtime = arguments(tmp_path, 0)
    assert "@sha256:" in builder
    assert re.fullmatch(r"--build-arg RUNTIME_IMAGE=python:[\w.-]+-slim-\w+", runtime)
