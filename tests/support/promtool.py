"""Prometheus' own checks of rules."""

import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from devtools import prometheus
from tests.support import needs
from tests.support.chart import rendered

WITH_RULES = "metrics.rules.enabled=true"


@cache
def program(name: str) -> str:
    """The path of Prometheus or promtool; skips or fails the test without it."""
    path = prometheus.found(name) if needs.LIGHT else prometheus.executable(name)
    return path or needs.missing(prometheus.WANTED)


def groups(*settings: str) -> list[dict[str, Any]]:
    """The groups of rules of a release named `r` in the namespace `default`."""
    made: list[dict[str, Any]] = rendered(WITH_RULES, *settings)["PrometheusRule"]["spec"]["groups"]
    return made


def rules(*settings: str) -> list[dict[str, Any]]:
    """All rules of such a release."""
    return [rule for group in groups(*settings) for rule in group["rules"]]


def written(folder: Path, *settings: str) -> Path:
    """A file with these rules, as Prometheus reads it."""
    file = folder / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": groups(*settings)}), encoding="utf-8")
    return file


def at_once(folder: Path, *settings: str) -> Path:
    """A file with these rules, whose alerts fire at the first evaluation that finds a fault."""
    made = groups(*settings)
    for group in made:
        group["interval"] = "1s"
        for rule in group["rules"]:
            rule.pop("for", None)
    file = folder / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": made}), encoding="utf-8")
    return file


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run promtool."""
    command = [program("promtool"), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def tested(
    folder: Path,
    series: list[dict[str, str]],
    expected: list[dict[str, Any]],
    rules: Path | None,
) -> subprocess.CompletedProcess[str]:
    """Test expressions, and rules, on series with a value each minute, all in promtool's words."""
    file = folder / "test.yaml"
    cases = [{"interval": "1m", "input_series": series, "promql_expr_test": expected}]
    file.write_text(yaml.safe_dump({"rule_files": [str(rules)] if rules else [], "tests": cases}))
    return run("test", "rules", file)
