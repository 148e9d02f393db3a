import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
REQUIREMENTS = [
    *PROJECT["dependencies"],
    *(name for extra in PROJECT["optional-dependencies"].values() for name in extra),
]


def normal(name: str) -> str:
    """A package's name as indexes compare it, without its extras."""
    return re.sub(r"[-_.]+", "-", name.partition("[")[0].strip()).lower()


def pinned(requirement: str) -> tuple[str, str]:
    """The package and the version of `name==version`."""
    name, equals, version = requirement.partition("==")
    assert equals, f"{requirement} is not pinned"
    return normal(name), version.strip()


def lock() -> dict[str, str]:
    """The version of each package in the lock."""
    text = (ROOT / "requirements.lock").read_text("utf-8")
    return dict(pinned(line) for line in text.splitlines() if line and line[0] not in "# ")


@pytest.mark.parametrize("requirement", REQUIREMENTS)
def test_every_direct_dependency_is_locked_at_its_version(requirement: str) -> None:
    """What is asked for is what is installed."""
    name, expected = pinned(requirement)
    assert expected == lock().get(name)


def test_every_version_is_exact() -> None:
    """No range and no wildcard, here or in the lock."""
    versions = [pinned(requirement)[1] for requirement in REQUIREMENTS] + list(lock().values())
    expected: list[str] = []
    assert expected == [version for version in versions if not re.fullmatch(r"[\w.+]+", version)]


def test_the_lock_takes_no_build_of_torch() -> None:
    """The same lock holds with and without CUDA."""
    expected: list[str] = []
    assert expected == [name for name, version in lock().items() if "+" in version]


def test_the_changelog_tells_of_the_version_at_hand() -> None:
    """Under its number, or as not released yet."""
    headings = re.findall(
        r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE
    )
    assert {"Unreleased", PROJECT["version"]} & set(headings)


def texts() -> Iterator[tuple[str, str]]:
    """What is in force, by file; a record (a change, a decision, a measurement) keeps its date."""
    for place in (ROOT, *(ROOT / name for name in ("app", "tests", "tools", ".github", ".ci"))):
        for file in place.glob("*") if place == ROOT else place.rglob("*"):
            if file.suffix in {".py", ".toml", ".md", ".yml", ".lock", ""} and file.is_file():
                name = file.relative_to(ROOT).as_posix()
                yield name, file.read_bytes().decode("utf-8", errors="ignore")


def test_the_version_of_ray_is_written_in_one_place() -> None:
    """And in the lock that is made from it; any other would be forgotten when it changes."""
    (ray,) = (version for name, version in map(pinned, REQUIREMENTS) if name == "ray")
    said = re.compile(rf"\bray\S{{0,12}}?[=: -]{{1,2}}v?{re.escape(ray)}\b", re.IGNORECASE)
    expected = {"pyproject.toml", "requirements.lock"}
    assert expected == {name for name, text in texts() if said.search(text)} - {"CHANGELOG.md"}
