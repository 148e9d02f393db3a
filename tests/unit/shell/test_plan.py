import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from app.cli import app
from app.config.loader import Config, assign, load
from app.core.errors import ConfigError, ShellError
from app.shell.plan import check, is_values, planned
from tests.support import needs

ROOT = Path(__file__).parents[3]
CHART = ROOT / "deploy" / "helm" / "wiki-digest"
MANIFEST = ROOT / "deploy" / "kuberay" / "rayservice.yaml"

CROWDED = """
workers: {cpu: {numCpus: 1}}
deployments: {Entities: {ray_actor_options: {num_cpus: 2}}}
"""

needs_helm = needs.program("helm")


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
    assert lines[0].startswith(f"  cpu  {', '.join(sorted(Config().deployed))}  ")
    assert lines[-5].startswith("  2 x cpu: cpu 400m")
    assert lines[-3] == "Lost with one node, if each pod has a node of its own"
    halves = ", ".join(f"{name} 1 of 2" for name in sorted(Config().deployed))
    assert lines[-2] == f"  cpu   {halves}"


@needs_helm
def test_values_are_rendered_by_the_chart() -> None:
    code, text = plan("-f", str(CHART / "ci" / "gpu-fraction-values.yaml"))
    assert code == 0
    assert re.search(r"  gpu +Entities, Summarizer +[\d.]+ CPU, 0 of 1 GPU free", text)


@needs_helm
def test_an_upgrade_in_steps_is_compared_with_one_at_once() -> None:
    code, text = plan("-f", str(CHART / "ci" / "incremental-values.yaml"))
    assert code == 0
    assert "  1 x cpu: cpu 400m" in text
    assert "  at most 3 workers, 3 CPU in all; at once, 4 workers, 4 CPU" in text


@needs_helm
def test_a_release_that_kuberay_never_replaces_adds_nothing() -> None:
    _, text = plan("-f", "-", stdin="{upgrade: {type: None}, ingress: {enabled: true}}")
    assert "  nothing: KubeRay ignores changes that need a new cluster" in text
    assert "1 x head" not in text


@pytest.mark.skipif(os.name != "posix", reason="the stand-in for helm is a shell script")
def test_a_helm_that_hangs_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helm = tmp_path / "helm"
    helm.write_text("#!/bin/sh\nexec sleep 60\n", "utf-8")
    helm.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(ShellError, match=r"helm did not render .* within 0.1 s"):
        planned(str(CHART / "values.yaml"), CHART, within_s=0.1)


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
@pytest.mark.parametrize(
    ("file", "assignments", "expected"),
    [
        (
            "one-worker",
            ["deployments.Digest.num_replicas=2"],
            {"Digest": 1},
        ),
        (
            "gpu-fraction",
            ["deployments.Summarizer={num_replicas: 2, ray_actor_options: {num_gpus: 0.2}}"],
            {"Summarizer": 1},
        ),
        (
            "gpu-fraction",
            ["deployments.Summarizer.ray_actor_options.num_gpus=0.6"],
            {"Entities": 1},
        ),
        (
            "gpu-fraction",
            [
                "workers.gpu.gpu.count=2",
                "deployments.Entities.num_replicas=3",
                "deployments.Entities.max_replicas_per_node=null",
                "deployments.Entities.ray_actor_options.num_gpus=0.6",
            ],
            {"Entities": 1, "Summarizer": 1},
        ),
        (
            "gpu-fraction",
            [
                "deployments.Summarizer.num_replicas=2",
                "deployments.Summarizer.max_replicas_per_node=null",
            ],
            {"Summarizer": 1},
        ),
        ("gpu-mig", ["deployments.Summarizer.ray_actor_options.num_gpus=2"], {"Summarizer": 1}),
        (
            "gpu-pools",
            [
                "deployments.Entities.num_replicas=2",
                "deployments.Entities.ray_actor_options={num_gpus: 1}",
                "deployments.Entities.ray_actor_options.label_selector={wiki-digest/group: t4}",
            ],
            {"Entities": 1},
        ),
    ],
    ids=[
        "one-worker-for-two-replicas-on-workers-of-their-own",
        "one-gpu-worker-for-two-replicas-on-workers-of-their-own",
        "shares-above-one-gpu",
        "a-share-that-would-be-split",
        "more-replicas-than-shares",
        "whole-gpus-in-different-workers",
        "a-pool-without-room",
    ],
)
def test_values_whose_replicas_do_not_fit_are_refused(
    tmp_path: Path, file: str, assignments: list[str], expected: dict[str, int]
) -> None:
    """With a sentence for each deployment; helm renders them all."""
    data = load(CHART / "ci" / f"{file}-values.yaml")
    for assignment in assignments:
        data = assign(data, assignment)
    values = tmp_path / "values.yaml"
    values.write_text(yaml.safe_dump(data), "utf-8")
    with pytest.raises(ConfigError) as refused:
        check(str(values), CHART)
    said = set(str(refused.value).splitlines())
    assert said == {
        f"{name}: no worker has room for {count} of its replicas"
        for name, count in expected.items()
    }


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"workers": {}}, True),
        ({"settings": {}, "ingress": {}}, True),
        ({"settings": {}, "deployments": {}}, False),
        ({"setings": {}}, False),
        ([], False),
    ],
)
def test_values_are_told_from_settings_by_their_keys(*, data: Any, expected: bool) -> None:
    """A settings file with a typo is still one."""
    assert is_values(data, CHART) is expected


@needs_helm
def test_check_reads_values_without_workers(tmp_path: Path) -> None:
    """As all values of the chart."""
    values = tmp_path / "values.yaml"
    values.write_text(
        "{ingress: {enabled: true}, deployments: {Entities: {num_replicas: 3}}}", "utf-8"
    )
    refused = CliRunner().invoke(app, ["check", str(values), "--chart", str(CHART)])
    assert str(refused.exception) == "Entities: no worker has room for 1 of its replicas"


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
