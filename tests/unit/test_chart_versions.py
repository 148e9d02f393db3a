import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.support.chart import CHART, ROOT
from tools.chart import DEFAULTS, defaults

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
MAKE = dict(re.findall(r"^(\w+) \W?= (.+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
TOOLS = {name for name in MAKE if name.endswith("_VERSION")} - {"KUBERAY_VERSION"}
IMAGES = dict(image.split(":") for image in MAKE["IMAGES"].split() if "$" not in image)
ABOUT = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
GENERATED = {CHART / DEFAULTS, *(ROOT / "deploy" / "kuberay").iterdir()}


def files() -> Iterator[Path]:
    """What may name the version of something: code, the chart, manifests, and the README."""
    yield ROOT / "README.md"
    for place in ("app", "deploy", "tests", "tools"):
        yield from (file for file in (ROOT / place).rglob("*") if _is_text(file))


def _is_text(file: Path) -> bool:
    return file.is_file() and file.suffix in {".py", ".yaml", ".md", ".gotmpl", ".tpl", ".txt", ""}


def mentions(pattern: str) -> dict[Path, set[str]]:
    """What a pattern finds, by the file that it is in."""
    found = {file: re.findall(pattern, file.read_text("utf-8", "ignore")) for file in files()}
    return {file: set(versions) for file, versions in found.items() if versions}


def test_the_chart_has_the_version_of_the_app() -> None:
    """Its own, the app's and that of the image are one."""
    version = PROJECT["version"]
    assert {ABOUT["version"], ABOUT["appVersion"]} == {version}
    assert f'image: "wiki-digest:{version}"' in ABOUT["annotations"]["artifacthub.io/images"]


def test_the_chart_takes_the_version_of_ray_from_the_project() -> None:
    """Only generated files of deploy/ repeat it."""
    assert f"ray[serve]=={defaults()['ray_version']}" in PROJECT["dependencies"]
    said = mentions(rf"[Rr]ay\S{{0,12}}?[=: -]{{1,2}}v?{re.escape(defaults()['ray_version'])}\b")
    assert said.keys() == GENERATED


@pytest.mark.parametrize(
    ("pattern", "version"),
    [
        (r"operator\W+(\d+\.\d+\.\d+) or later", MAKE["KUBERAY_VERSION"].removeprefix("v")),
        *((rf"\b{name}:(?!6379)(v?\d[\w.]*)", tag) for name, tag in IMAGES.items()),
    ],
)
def test_a_version_is_that_of_the_makefile(pattern: str, version: str) -> None:
    """Wherever it is said again."""
    said = mentions(pattern)
    assert said
    assert set.union(*said.values()) == {version}


@pytest.mark.parametrize("name", sorted(TOOLS))
def test_the_version_of_a_tool_is_said_in_the_makefile_alone(name: str) -> None:
    """CI asks make for it."""
    version = MAKE[name].removeprefix("v")
    assert mentions(rf"(?<![\d.]){re.escape(version)}(?![\d.])") == {}
