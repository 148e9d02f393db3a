"""What people and services find in the repository besides the code."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FILES = sorted([ROOT / ".pre-commit-config.yaml", *(ROOT / ".github").rglob("*.yml")])
CALLERS = [*FILES, ROOT / ".ci" / "run", ROOT / ".github" / "CONTRIBUTING.md"]
TARGETS = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("file", FILES, ids=name)
def test_a_file_for_github_is_yaml_of_keys(file: Path) -> None:
    assert isinstance(yaml.safe_load(file.read_text("utf-8")), dict)


@pytest.mark.parametrize("file", CALLERS, ids=name)
def test_what_is_made_is_a_target(file: Path) -> None:
    commands = re.findall(
        r"(?:^|run: |entry: |`)make ([a-z0-9 -]+)", file.read_text("utf-8"), re.MULTILINE
    )
    assert {word for command in commands for word in command.split()} <= TARGETS


def test_dependabot_looks_after_all_that_is_pinned() -> None:
    file = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text("utf-8"))
    kinds = {update["package-ecosystem"] for update in file["updates"]}
    assert kinds == {"pip", "github-actions", "docker"}


def test_dependabot_looks_after_every_action() -> None:
    file = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text("utf-8"))
    (actions,) = (one for one in file["updates"] if one["package-ecosystem"] == "github-actions")
    own = {f"/{name(action.parent)}" for action in (ROOT / ".github").rglob("action.yml")}
    assert {"/", *own} == set(actions["directories"])
