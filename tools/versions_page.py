"""Writes the table of versions in docs/platform.md: `python -m tools.versions_page FILE`.

They are those that the tests run with: of the Makefile, pyproject.toml and the chart.
"""

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import yaml

from tools.lock import pythons
from tools.settings_page import replace_tables

ROOT = Path(__file__).parents[1]
CHART = ROOT / "deploy" / "helm" / "wiki-digest"
E2E = "`make e2e`"


class Tried(NamedTuple):
    """A version that tests run with, and what is allowed beside it."""

    what: str
    version: str
    tests: str
    allowed: str = ""


def makefile() -> dict[str, str]:
    """The variables of the Makefile that are set to a text."""
    text = (ROOT / "Makefile").read_text("utf-8")
    return dict(re.findall(r"^(\w+) [:?]?= *(.*)$", text, re.MULTILINE))


def tried() -> Iterator[Tried]:
    """The versions in the order of the table."""
    made, chart = makefile(), yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    images = dict(image.split(":") for image in made["IMAGES"].split() if "$" not in image)
    (ray,) = re.findall(r"'ray\[serve\]==(\S+)'", str(project["dependencies"]))
    (gateway,) = re.findall(r"/v([\d.]+)/", made["GATEWAY_API_MANIFEST"])
    kubernetes = made["KUBERNETES_VERSION"].rpartition(".")[0]
    kuberay = made["KUBERAY_VERSION"].removeprefix("v")
    yield Tried("Kubernetes", kubernetes, E2E, chart["kubeVersion"].removesuffix("-0"))
    yield Tried("KubeRay", kuberay, E2E, f"{kuberay} and later")
    yield Tried("Gateway API", gateway, E2E, "its `v1`")
    yield Tried("Traefik", images["traefik"].removeprefix("v"), E2E, "other ingresses and gateways")
    yield Tried("Redis", images["redis"], E2E, "others")
    yield Tried("Helm", made["HELM_VERSION"].removeprefix("v"), f"`make chart`, {E2E}")
    yield Tried("Ray", ray, "all", "none: the image has it")
    first, *others = pythons()
    yield Tried("Python", first, "all")
    yield Tried("Python", ", ".join(others), "`make unit`", project["requires-python"])


def table() -> str:
    """The table in Markdown."""
    rows = [("what", "tried", "tests", "allowed"), ("---",) * 4, *tried()]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


if __name__ == "__main__":
    replace_tables(Path(sys.argv[1]), {"versions": table()})
