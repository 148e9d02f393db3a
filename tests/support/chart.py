"""The chart, and what helm makes of it."""

import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from app.shell.plan import ANY_KUBERNETES
from tests.support import needs

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy" / "helm" / "wiki-digest"
FILES = sorted((CHART / "ci").glob("*-values.yaml"))

needs_helm = needs.program("helm")


def helm(*settings: str) -> subprocess.CompletedProcess[str]:
    """`helm template` with these values."""
    given = [word for setting in settings for word in ("--set-json", setting)]
    return template(*given)


@cache
def template(*options: str | Path) -> subprocess.CompletedProcess[str]:
    """What `helm template` prints; each set of options is rendered once."""
    return render(*options)


def render(*options: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["helm", "template", "r", CHART, "--kube-version", ANY_KUBERNETES, *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def rendered(*settings: str) -> dict[str, dict[str, Any]]:
    """The objects of a release, by kind; of the same kind the first."""
    done = helm(*settings)
    assert done.returncode == 0, done.stderr
    return {made["kind"]: made for made in reversed([*yaml.safe_load_all(done.stdout)]) if made}


def pods(service: dict[str, Any]) -> list[dict[str, Any]]:
    """The pods' templates of a RayService: the head's, then the workers'."""
    cluster = service["spec"]["rayClusterConfig"]
    return [g["template"] for g in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"])]


def service(file: Path) -> dict[str, Any]:
    """The RayService of a file of values."""
    done = template("-f", file)
    assert done.returncode == 0, done.stderr
    made = yaml.safe_load_all(done.stdout)
    (found,) = [part for part in made if part and part["kind"] == "RayService"]
    return dict(found)


def deployments(*settings: str) -> dict[str, dict[str, Any]]:
    """The options of each deployment in the Serve config of these values."""
    (application,) = serve_config(rendered(*settings)["RayService"])["applications"]
    return {options.pop("name"): options for options in application["deployments"]}


def serve_config(made: dict[str, Any]) -> dict[str, Any]:
    """The Serve config of a RayService."""
    return dict(yaml.safe_load(made["spec"]["serveConfigV2"]))
