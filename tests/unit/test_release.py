"""What a release publishes."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.support.chart import CHART, ROOT
from tools.release import PLACES, NotReleasable, check_tag, notes, released

CHANGELOG = """# Changelog

## [Unreleased]

- New.

## [0.2.0] - 2026-12-01

### Added

- A stage.

## [0.1.0]
"""
WORKFLOW = (ROOT / ".github" / "workflows" / "release.yml").read_text("utf-8")


def test_the_notes_are_the_section_of_the_version() -> None:
    assert notes(CHANGELOG, "0.2.0") == "### Added\n\n- A stage."


@pytest.mark.parametrize("version", ["0.1.0", "0.2", "0.3.0", "0.2.0.1"])
def test_a_version_without_notes_is_not_released(version: str) -> None:
    with pytest.raises(NotReleasable, match=rf"no section \[{version}\]"):
        notes(CHANGELOG, version)


def test_a_tag_is_that_of_the_version() -> None:
    check_tag("v0.2.0", "0.2.0")
    with pytest.raises(NotReleasable, match=r"v0\.2\.1 is not v0\.2\.0"):
        check_tag("v0.2.1", "0.2.0")


def test_the_chart_of_a_release_names_its_image(tmp_path: Path) -> None:
    """And differs from this one in nothing else."""
    copy = released(CHART, "example.org/team/image", tmp_path)
    changed = {}
    for file in (one for one in CHART.rglob("*") if one.is_file()):
        places = file, copy / file.relative_to(CHART)
        before, after = (place.read_text("utf-8").splitlines() for place in places)
        lines = [new for old, new in zip(before, after, strict=True) if old != new]
        if lines:
            changed[file.relative_to(CHART).as_posix()] = lines
    assert changed.keys() == PLACES.keys()
    assert all("example.org/team/image" in line for (line,) in changed.values())


def test_a_chart_that_does_not_name_its_image_once_is_not_released(tmp_path: Path) -> None:
    broken = shutil.copytree(CHART, tmp_path / "a" / "broken")
    values = broken / "values.yaml"
    values.write_text(values.read_text("utf-8").replace("repository: wiki", "repository: my"))
    with pytest.raises(NotReleasable, match=r"values\.yaml has .* 0 times"):
        released(broken, "example.org/image", tmp_path)


def test_the_workflow_checks_the_release_and_publishes_all_of_it() -> None:
    called = set(re.findall(r"\b(release-\w+)\b", WORKFLOW))
    assert called == {"release-notes", "release-check", "release-image", "release-chart"}


def test_a_release_is_pushed_signed_and_published_by_one_job_only() -> None:
    workflow = yaml.safe_load(WORKFLOW)
    assert workflow["permissions"] == {"contents": "read"}
    (job,) = workflow["jobs"].values()
    assert job["permissions"] == {"contents": "write", "packages": "write", "id-token": "write"}
    assert workflow[True] == {"push": {"tags": ["v*"]}}  # YAML reads `on` so


def test_image_and_chart_are_pushed_with_all_that_proves_their_origin() -> None:
    command = ["make", "--dry-run", "release-image", "release-chart", "REGISTRY=example.org/a"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    (build,) = re.findall(r"docker buildx build .*", run.stdout.replace("\\\n", ""))
    wanted = "--platform linux/amd64,linux/arm64", "--sbom=true", "--provenance=mode=max", "--push"
    assert [option for option in wanted if option not in build] == []
    assert "helm push" in run.stdout
    assert re.findall(r'cosign sign --yes "([^"@]+)@', run.stdout) == [
        "example.org/a/wiki-digest",
        "example.org/a/charts/wiki-digest",
    ]


@pytest.mark.parametrize("target", ["release-image", "release-chart"])
def test_nothing_is_pushed_without_a_registry(target: str) -> None:
    command = ["make", "--dry-run", target]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode
    assert "set REGISTRY" in run.stderr
