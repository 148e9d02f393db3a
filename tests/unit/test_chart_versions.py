import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.support.chart import CHART, ROOT
from tools.chart import defaults

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
MAKE = dict(re.findall(r"^(\w+) \W?= (.+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
IMAGES = dict(image.split(":") for image in MAKE["IMAGES"].split() if "$" not in image)
ABOUT = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))


def files() -> Iterator[Path]:
    """The files that can mention a version: code, the chart, manifests, and the README."""
    yield ROOT / "README.md"
    for place in ("app", "deploy", "tests", "tools"):
        yield from (file for file in (ROOT / place).rglob("*") if _is_text(file))


def _is_text(file: Path) -> bool:
    return file.is_file() and file.suffix in {".py", ".yaml", ".md", ".gotmpl", ".tpl", ".txt", ""}


def mentions(pattern: str) -> dict[Path, set[str]]:
    """The matches of a pattern, by file."""
    found = {file: re.findall(pattern, file.read_text("utf-8", "ignore")) for file in files()}
    return {file: set(versions) for file, versions in found.items() if versions}


def test_the_chart_has_the_version_of_the_app() -> None:
    version = PROJECT["version"]
    assert {ABOUT["version"], ABOUT["appVersion"]} == {version}
    assert f'image: "wiki-digest:{version}"' in ABOUT["annotations"]["artifacthub.io/images"]


def test_the_chart_takes_the_version_of_ray_from_the_project() -> None:
    assert f"ray[serve]=={defaults()['ray_version']}" in PROJECT["dependencies"]


@pytest.mark.parametrize(("name", "tag"), IMAGES.items())
def test_the_tag_of_an_image_is_that_of_the_makefile(name: str, tag: str) -> None:
    found = mentions(rf"\b{name}:(?!6379)(v?\d[\w.]*)")
    assert found
    assert set.union(*found.values()) == {tag}
