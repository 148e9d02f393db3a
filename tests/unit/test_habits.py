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
def test_a_configuration_file_is_a_yaml_mapping(file: Path) -> None:
    assert isinstance(yaml.safe_load(file.read_text("utf-8")), dict)


@pytest.mark.parametrize("file", CALLERS, ids=name)
def test_a_called_make_target_exists(file: Path) -> None:
    commands = re.findall(
        r"(?:^|run: |entry: |`)make ([a-z0-9 -]+)", file.read_text("utf-8"), re.MULTILINE
    )
    assert {word for command in commands for word in command.split()} <= TARGETS


def test_dependabot_updates_packages_actions_and_images() -> None:
    file = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text("utf-8"))
    kinds = {update["package-ecosystem"] for update in file["updates"]}
    assert kinds == {"pip", "github-actions", "docker"}


def test_dependabot_covers_every_folder_with_actions() -> None:
    file = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text("utf-8"))
    (actions,) = (one for one in file["updates"] if one["package-ecosystem"] == "github-actions")
    own = {f"/{name(action.parent)}" for action in (ROOT / ".github").rglob("action.yml")}
    assert {"/", *own} == set(actions["directories"])
