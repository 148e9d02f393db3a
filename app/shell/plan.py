"""From a file to a plan: values for the chart, or what has been made of them."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from app.config.loader import Config, load
from app.config.placement import Plan
from app.core.errors import ConfigError, ShellError

HELM_S = 60
ANY_KUBERNETES = "1.99.0"
"""Newer than any version that the chart requires; some builds of helm assume an old one."""


def planned(file: str, chart: Path) -> Plan:
    """The plan of the RayService in a file, or of the one that `chart` makes of it as its values.

    Raises:
        ShellError: the file cannot be read, helm is not here, or the chart refuses the values.
        ConfigError: there is no RayService of ours in it.
    """
    text = _read(file)
    found = _service(text)
    return Plan.of(found or _service(_rendered(text, chart)) or _none(chart))


def is_values(data: object, chart: Path) -> bool:
    """Whether the content of a file has keys that only values of the chart have."""
    values = load(chart / "values.yaml") if chart.is_dir() else {}
    known = {"workers", *(values if isinstance(values, dict) else ())}
    return isinstance(data, dict) and bool(data.keys() & known - Config.model_fields.keys())


def check(file: str, chart: Path) -> None:
    """Refuse values whose deployments do not all find a place.

    Raises:
        ShellError: as `planned`.
        ConfigError: with a line for each deployment that does not.
    """
    made = planned(file, chart)
    if faults := dict.fromkeys([*made.least.faults, *made.most.faults]):
        raise ConfigError("\n".join(faults))


def _none(chart: Path) -> dict[str, Any]:
    raise ConfigError(f"{chart} makes no RayService")


def _read(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ShellError(f"{file} cannot be read: {error}") from None


def _service(text: str) -> dict[str, Any] | None:
    try:
        parts = list(yaml.safe_load_all(text))
    except yaml.YAMLError as error:
        raise ConfigError(f"this is no YAML: {error}") from None
    services = (p for p in parts if isinstance(p, dict) and p.get("kind") == "RayService")
    return next(services, None)


def _rendered(values: str, chart: Path) -> str:
    """What helm makes of the values, with the chart's own checks."""
    if not shutil.which("helm"):
        raise ShellError("values need helm, which is not here; a rendered manifest does not")
    options = ["--kube-version", ANY_KUBERNETES, "--values", "-"]
    command = ["helm", "template", "plan", str(chart), *options]
    done = subprocess.run(  # noqa: S603 - no shell reads it
        command, input=values, capture_output=True, text=True, timeout=HELM_S, check=False
    )
    if done.returncode:
        raise ShellError(done.stderr.strip())
    return done.stdout
