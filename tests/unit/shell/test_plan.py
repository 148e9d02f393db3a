import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import app
from app.core.errors import ConfigError, ShellError
from app.shell.plan import planned

ROOT = Path(__file__).parents[3]
CHART = ROOT / "deploy" / "helm" / "wiki-digest"
MANIFEST = ROOT / "deploy" / "kuberay" / "rayservice.yaml"

CROWDED = """
workers: {cpu: {numCpus: 1}}
deployments: {Entities: {ray_actor_options: {num_cpus: 2}}}
"""

needs_helm = pytest.mark.skipif(shutil.which("helm") is None, reason="helm is not installed")


def plan(*arguments: str, stdin: str = "") -> tuple[int, str]:
    """The exit code and stdout of `wiki-digest plan`."""
    command = ["plan", *arguments, "--chart", str(CHART)]
    done = CliRunner(env={"COLUMNS": "120"}).invoke(app, command, input=stdin)
    return done.exit_code, done.stdout


def test_a_manifest_is_planned_without_helm() -> None:
    code, text = plan("-f", str(MANIFEST))
    first, *lines = [line.rstrip() for line in text.splitlines()]
    assert code == 0
    assert first == "Minimum replicas"
    assert lines[0] == "  cpu  Digest, Entities, Sentiment, Summarizer  0 CPU free"
    assert lines[-2].startswith("  2 x cpu: cpu 400m")


@needs_helm
def test_values_are_rendered_by_the_chart() -> None:
    code, text = plan("-f", str(CHART / "ci" / "gpu-fraction-values.yaml"))
    assert code == 0
    assert "Entities, Summarizer  1.45 CPU, 0 of 1 GPU free" in text


@needs_helm
def test_a_deployment_that_does_not_fit_is_named_with_exit_code_1() -> None:
    code, text = plan("-f", "-", stdin=CROWDED)
    assert code == 1
    assert "Entities: no worker has room for 2 of its replicas" in text


@needs_helm
def test_check_rejects_values_whose_replicas_do_not_fit(tmp_path: Path) -> None:
    good = CHART / "ci" / "gpu-fraction-values.yaml"
    crowded = tmp_path / "crowded.yaml"
    crowded.write_text(CROWDED, "utf-8")
    runner = CliRunner(env={"COLUMNS": "120"})
    assert runner.invoke(app, ["check", str(good), "--chart", str(CHART)]).exit_code == 0
    refused = runner.invoke(app, ["check", str(crowded), "--chart", str(CHART)])
    assert str(refused.exception).startswith("Entities: no worker has room for 2 of its replicas")


@needs_helm
def test_an_error_of_the_chart_is_shown(tmp_path: Path) -> None:
    values = tmp_path / "values.yaml"
    values.write_text("deployments: {Entities: {ray_actor_options: {num_gpus: 0.5}}}", "utf-8")
    with pytest.raises(ShellError, match="no group of workers has any"):
        planned(str(values), CHART)


def test_a_missing_file_and_one_that_is_not_yaml_are_errors(tmp_path: Path) -> None:
    with pytest.raises(ShellError, match="cannot be read"):
        planned(str(tmp_path / "none"), CHART)
    broken = tmp_path / "broken.yaml"
    broken.write_text("a: [", "utf-8")
    with pytest.raises(ConfigError, match="not YAML"):
        planned(str(broken), CHART)
