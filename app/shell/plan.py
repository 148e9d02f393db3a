"""Read a plan from a file: values for the chart, or a rendered RayService."""

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


def planned(file: str, chart: Path, within_s: float = HELM_S) -> Plan:
    """The plan of the RayService in a file, or of the one that `chart` renders with it as values.

    Raises:
        ShellError: the file cannot be read, the chart rejects the values, or helm is not installed
            or takes longer than `within_s` seconds.
        ConfigError: there is no RayService of the app.
    """
    text = _read(file)
    found = _service(text)
    return Plan.of(found or _service(_rendered(text, chart, within_s)) or _none(chart))


def is_values(data: object, chart: Path) -> bool:
    """Whether the content of a file has keys that only values of the chart have."""
    values = load(chart / "values.yaml") if chart.is_dir() else {}
    known = {"workers", *(values if isinstance(values, dict) else ())}
    return isinstance(data, dict) and bool(data.keys() & known - Config.model_fields.keys())


def check(file: str, chart: Path) -> None:
    """Check that the workers have room for all replicas.

    Raises:
        ShellError: as `planned`.
        ConfigError: they do not; the message has a line for each such deployment.
    """
    made = planned(file, chart)
    if faults := dict.fromkeys([*made.least.faults, *made.most.faults]):
        raise ConfigError("\n".join(faults))


def _none(chart: Path) -> dict[str, Any]:
    raise ConfigError(f"{chart} renders no RayService")


def _read(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ShellError(f"{file} cannot be read: {error}") from None


def _service(text: str) -> dict[str, Any] | None:
    try:
        parts = list(yaml.safe_load_all(text))
    except yaml.YAMLError as error:
        raise ConfigError(f"not YAML: {error}") from None
    services = (p for p in parts if isinstance(p, dict) and p.get("kind") == "RayService")
    return next(services, None)


def _rendered(values: str, chart: Path, within_s: float) -> str:
    """The chart rendered by helm with the values; the chart checks them."""
    if not shutil.which("helm"):
        raise ShellError("helm is not installed: values need it, a rendered manifest does not")
    options = ["--kube-version", ANY_KUBERNETES, "--values", "-"]
    command = ["helm", "template", "plan", str(chart), *options]
    try:
        done = subprocess.run(  # noqa: S603 - runs without a shell
            command, input=values, capture_output=True, text=True, timeout=within_s, check=False
        )
    except subprocess.TimeoutExpired:
        raise ShellError(f"helm did not render {chart} within {within_s:g} s") from None
    if done.returncode:
        raise ShellError(done.stderr.strip())
    return done.stdout
