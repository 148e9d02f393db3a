import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.lock import pythons

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
REQUIREMENTS = [
    *PROJECT["dependencies"],
    *(name for extra in PROJECT["optional-dependencies"].values() for name in extra),
]


def normal(name: str) -> str:
    """A package's normalized name, without extras."""
    return re.sub(r"[-_.]+", "-", name.partition("[")[0].strip()).lower()


def pinned(requirement: str) -> tuple[str, str]:
    """The package and the version of `name==version`."""
    name, equals, version = requirement.partition("==")
    assert equals, f"{requirement} is not pinned"
    return normal(name), version.strip()


def lock() -> dict[str, str]:
    """The version of each package in the lock, without environment markers."""
    return dict(pinned(line.partition(" ; ")[0]) for line in LOCK)


@pytest.mark.parametrize("requirement", REQUIREMENTS)
def test_every_direct_dependency_is_locked_at_its_version(requirement: str) -> None:
    name, expected = pinned(requirement)
    assert expected == lock().get(name)


def test_every_version_is_exact() -> None:
    versions = [pinned(requirement)[1] for requirement in REQUIREMENTS] + list(lock().values())
    expected: list[str] = []
    assert expected == [version for version in versions if not re.fullmatch(r"[\w.+]+", version)]


def test_the_lock_has_one_version_of_each_package() -> None:
    assert len(lock()) == len(LOCK)


def test_the_lock_has_no_local_version() -> None:
    """The same lock holds with and without CUDA."""
    expected: list[str] = []
    assert expected == [name for name, version in lock().items() if "+" in version]


def test_the_changelog_has_the_current_version() -> None:
    headings = re.findall(
        r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE
    )
    assert {"Unreleased", PROJECT["version"]} & set(headings)


def test_the_pythons_of_the_classifiers_are_those_in_the_range() -> None:
    first, *_, last = pythons()
    major, minor = map(int, last.split("."))
    expected = f">={first},<{major}.{minor + 1}"
    assert expected == PROJECT["requires-python"]


def test_every_supported_python_is_tested() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8"))
    assert pythons() == workflow["jobs"]["unit"]["strategy"]["matrix"]["python"]


def test_the_full_tests_run_on_the_oldest_python() -> None:
    action = yaml.safe_load((ROOT / ".github/actions/setup/action.yml").read_text("utf-8"))
    assert action["runs"]["steps"][0]["with"]["python-version"] == pythons()[0]


def test_the_code_is_checked_for_the_oldest_python() -> None:
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]
    first = pythons()[0]
    assert tools["ruff"]["target-version"] == "py" + first.replace(".", "")
    assert tools["mypy"]["python_version"] == first


def test_the_image_has_a_supported_python() -> None:
    images = re.findall(r"=python:(3\.\d+)-", (ROOT / "Dockerfile").read_text("utf-8"))
    assert images
    assert set(images) <= set(pythons())


PLACES = ("app", "tests", "tools", "deploy", ".github", ".ci")
SUFFIXES = {".py", ".toml", ".md", ".yml", ".yaml", ".tpl", ".gotmpl", ".lock", ""}


def texts() -> Iterator[tuple[str, str]]:
    """Files with current versions. Records (changelog, decisions, measurements) keep old ones."""
    for place in (ROOT, *(ROOT / name for name in PLACES)):
        for file in place.glob("*") if place == ROOT else place.rglob("*"):
            if file.suffix in SUFFIXES and file.name != "CHANGELOG.md" and file.is_file():
                name = file.relative_to(ROOT).as_posix()
                yield name, file.read_bytes().decode("utf-8", errors="ignore")


def saying(pattern: str) -> set[str]:
    """The files that match a pattern."""
    return {name for name, text in texts() if re.search(pattern, text, re.IGNORECASE)}


def test_the_version_of_ray_is_written_in_one_place() -> None:
    """Generated files repeat it."""
    (ray,) = (version for name, version in map(pinned, REQUIREMENTS) if name == "ray")
    expected = {
        "pyproject.toml",
        "requirements.lock",
        "deploy/image/base.lock",
        "deploy/image/hub.lock",
        "deploy/helm/wiki-digest/files/defaults.yaml",
        "deploy/kuberay/rayservice.yaml",
        "deploy/kuberay/rayservice-gpu.yaml",
    }
    assert expected == saying(rf"\bray\S{{0,12}}?[=: -]{{1,2}}v?{re.escape(ray)}\b")


TOOLS = dict(
    re.findall(r"^(\w+)_VERSION := v?(\S+)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
)
REPEATED = {
    "KUBERAY": {
        "README.md",
        "deploy/helm/wiki-digest/README.md.gotmpl",
        "deploy/helm/wiki-digest/README.md",
        "deploy/helm/wiki-digest/templates/_operator.tpl",
        "deploy/helm/wiki-digest/tests/operator_test.yaml",
    },
}
"""Where else the version of a tool is written: to be changed with it."""


@pytest.mark.parametrize("tool", sorted(TOOLS))
def test_the_version_of_a_tool_is_written_in_the_makefile(tool: str) -> None:
    expected = {"Makefile"} | REPEATED.get(tool, set())
    of_packages = {"requirements.lock", "pyproject.toml"}
    assert expected == saying(rf"(?<![\d.]){re.escape(TOOLS[tool])}(?![\d.]*\d)") - of_packages
