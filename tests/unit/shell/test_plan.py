import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from app.cli import app
from app.config.loader import Config, assign, load
from app.core.errors import ConfigError, ShellError
from app.shell.plan import check, is_values, planned

ROOT = Path(__file__).parents[3]
CHART = ROOT / "deploy" / "helm" / "wiki-digest"
MANIFEST = ROOT / "deploy" / "kuberay" / "rayservice.yaml"

CROWD = """
workers: {cpu: {numCpus: 1}}
deployments: {Entities: {ray_actor_options: {num_cpus: 2}}}
"""

needs_helm = pytest.mark.skipif(shutil.which("helm") is None, reason="no helm here")


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
    assert lines[0].startswith(f"  cpu  {', '.join(sorted(Config().deployed))}  ")
    assert lines[-2].startswith("  2 x cpu: cpu 400m")


@needs_helm
def test_values_become_what_the_chart_makes_of_them() -> None:
    """Halves of a GPU lie on one."""
    code, text = said("-f", str(CHART / "ci" / "gpu-fraction-values.yaml"))
    assert code == 0
    assert re.search(r"Entities, Summarizer +1.45 CPU, 0 of 1 GPU left", text)


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
