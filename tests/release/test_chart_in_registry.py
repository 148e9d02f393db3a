"""The chart of a release: packaged, pushed to a registry, and installed from there."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.shell.plan import ANY_KUBERNETES
from tests.support.chart import CHART, needs_helm
from tools.release import package

IMAGE = "registry.example.org/team/wiki-digest"
VERSION = str(yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))["version"])

pytestmark = needs_helm


def helm(*words: str | Path) -> str:
    """The stdout of helm."""
    done = subprocess.run(["helm", *words], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of the chart."""
    return package(CHART, IMAGE, tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="module")
def pushed(address: str, packaged: Path) -> str:
    """The chart's address in the registry."""
    helm("push", packaged, f"oci://{address}/charts", "--plain-http")
    return f"oci://{address}/charts/wiki-digest"


def objects(chart: str | Path, *options: str) -> list[dict[str, Any]]:
    """What a chart renders."""
    text = helm("template", "r", chart, "--kube-version", ANY_KUBERNETES, *options)
    return [made for made in yaml.safe_load_all(text) if made]


def test_what_is_pulled_is_what_was_pushed(pushed: str, packaged: Path, tmp_path: Path) -> None:
    helm("pull", pushed, "--version", VERSION, "--plain-http", "--destination", tmp_path)
    (pulled,) = tmp_path.iterdir()
    assert pulled.read_bytes() == packaged.read_bytes()


def test_the_chart_in_the_registry_renders_as_this_one_but_for_its_image(pushed: str) -> None:
    made = objects(pushed, "--version", VERSION, "--plain-http")
    assert made == objects(CHART, "--set", f"image.repository={IMAGE}")
    assert f"{IMAGE}:{VERSION}" in yaml.safe_dump(made)


def test_values_may_name_another_image(pushed: str) -> None:
    made = objects(pushed, "--plain-http", "--set", "image.repository=mirror/wiki-digest")
    assert IMAGE not in yaml.safe_dump(made)


def test_what_the_chart_says_of_itself_names_the_image(pushed: str) -> None:
    about = yaml.safe_load(helm("show", "chart", pushed, "--plain-http"))
    images = yaml.safe_load(about["annotations"]["artifacthub.io/images"])
    assert images[0]["image"] == f"{IMAGE}:{VERSION}"
    readme = helm("show", "readme", pushed, "--plain-http")
    assert f'image.repository | string | `"{IMAGE}"`' in readme
