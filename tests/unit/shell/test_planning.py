from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import app
from app.errors import ConfigError, ShellError
from app.shell.planning import planned
from tests.support import needs

ROOT = Path(__file__).parents[3]
CHART = ROOT / "deploy" / "helm" / "wiki-digest"
MANIFEST = ROOT / "deploy" / "kuberay" / "rayservice.yaml"

CROWD = """
workers: {cpu: {numCpus: 1}}
deployments: {Entities: {ray_actor_options: {num_cpus: 2}}}
"""

needs_helm = needs.program("helm")


def said(*arguments: str, given: str = "") -> tuple[int, str]:
    """How `wiki-digest plan` ends, and what it prints."""
    command = ["plan", *arguments, "--chart", str(CHART)]
    done = CliRunner(env={"COLUMNS": "120"}).invoke(app, command, input=given)
    return done.exit_code, done.stdout


def test_a_manifest_needs_no_helm() -> None:
    """It says where each deployment lands, and what an upgrade needs on top."""
    code, text = said("-f", str(MANIFEST))
    first, *lines = [line.rstrip() for line in text.splitlines()]
    assert code == 0
    assert first == "At their fewest"
    assert lines[0] == "  cpu  Digest, Entities, Sentiment, Summarizer  0 CPU left"
    assert lines[-2].startswith("  2 x cpu: cpu 400m")


@needs_helm
def test_values_become_what_the_chart_makes_of_them() -> None:
    """Halves of a GPU lie on one."""
    code, text = said("-f", str(CHART / "ci" / "gpu-fraction-values.yaml"))
    assert code == 0
    assert "Entities, Summarizer  1.45 CPU, 0 of 1 GPU left" in text


@needs_helm
def test_what_does_not_fit_ends_with_1() -> None:
    """And is named."""
    code, text = said("-f", "-", given=CROWD)
    assert code == 1
    assert "Entities: no worker has room for 2 of its replicas" in text


@needs_helm
def test_check_reads_values_too(tmp_path: Path) -> None:
    """And refuses what would wait for ever."""
    good = CHART / "ci" / "gpu-fraction-values.yaml"
    crowd = tmp_path / "crowd.yaml"
    crowd.write_text(CROWD, "utf-8")
    runner = CliRunner(env={"COLUMNS": "120"})
    assert runner.invoke(app, ["check", str(good), "--chart", str(CHART)]).exit_code == 0
    refused = runner.invoke(app, ["check", str(crowd), "--chart", str(CHART)])
    assert str(refused.exception).startswith("Entities: no worker has room for 2 of its replicas")


@needs_helm
def test_what_the_chart_refuses_is_told(tmp_path: Path) -> None:
    """In its own words."""
    values = tmp_path / "values.yaml"
    values.write_text("deployments: {Entities: {ray_actor_options: {num_gpus: 0.5}}}", "utf-8")
    with pytest.raises(ShellError, match="no group of workers has any"):
        planned(str(values), CHART)


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    """A file that is not there, and one that is no YAML."""
    with pytest.raises(ShellError, match="cannot be read"):
        planned(str(tmp_path / "none"), CHART)
    broken = tmp_path / "broken.yaml"
    broken.write_text("a: [", "utf-8")
    with pytest.raises(ConfigError, match="no YAML"):
        planned(str(broken), CHART)
