"""The diffs of docs/your-own-stage.md, applied to a copy of the project, which is then served."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.shell.plan import ANY_KUBERNETES
from devtools.server import Server
from tests.support import needs

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "your-own-stage.md").read_text("utf-8")
DIFFS = re.findall(r"^```diff\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
FOLDERS = ("app", "deploy", "docs", "tests", "tools")
COMMAND_S = 900


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with the stage `topics`."""
    folder = tmp_path_factory.mktemp("copy")
    for name in FOLDERS:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", folder)
    subprocess.run(
        ["git", "apply", "-p0", "-"], cwd=folder, input="".join(DIFFS), text=True, check=True
    )
    return folder


@pytest.fixture(scope="module")
def server(copy: Path) -> Iterator[Server]:
    with Server("placement=distributed", PYTHONPATH=str(copy)).in_folder(copy) as started:
        yield started


def run(copy: Path, *command: str | Path) -> str:
    """What a command prints in the copy."""
    return subprocess.run(
        command,
        cwd=copy,
        env=os.environ | {"PYTHONPATH": str(copy)},
        stdout=subprocess.PIPE,
        text=True,
        timeout=COMMAND_S,
        check=True,
    ).stdout


def test_it_changes_six_files_at_most_and_no_yaml_or_javascript() -> None:
    files = [name for diff in DIFFS for name in re.findall(r"^\+\+\+ (\S+)", diff, re.MULTILINE)]
    assert 0 < len(files) <= 6
    assert {Path(name).suffix for name in files} == {".py"}


def test_the_tests_of_stages_and_layers_pass(copy: Path) -> None:
    run(copy, sys.executable, "-m", "tools.module_map", "app")
    tests = "tests/unit/stages", "tests/unit/test_layout.py"
    run(copy, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests)


def test_the_generated_files_know_it(copy: Path) -> None:
    chart = copy / "deploy" / "helm" / "wiki-digest"
    run(copy, sys.executable, "-m", "tools.chart", chart)
    run(copy, sys.executable, "-m", "tools.settings_page", "docs/settings.md")
    schema = json.loads((chart / "values.schema.json").read_text("utf-8"))
    assert "Topics" in schema["$defs"]["Deployments"]["properties"]
    assert "`topics.limit`" in (copy / "docs" / "settings.md").read_text("utf-8")


@needs.program("helm")
def test_the_chart_deploys_it(copy: Path) -> None:
    chart = copy / "deploy" / "helm" / "wiki-digest"
    run(copy, sys.executable, "-m", "tools.chart", chart)
    rendered = run(copy, "helm", "template", "my", chart, "--kube-version", ANY_KUBERNETES)
    assert "- name: Topics" in rendered


def test_the_answer_has_its_result_and_its_time(server: Server) -> None:
    url = f"{server.address}/v1/digest"
    answer = httpx.get(url, params={"term": "ada lovelace"}, timeout=COMMAND_S).json()
    assert "mathematician" in answer["topics"]["items"]
    assert answer["status"] == "ok"
    assert answer["ms"]["topics"] > 0


def test_it_is_a_deployment_with_its_own_replicas(server: Server) -> None:
    assert len(server.replicas("Topics")) == 1


def test_the_page_lists_it(server: Server) -> None:
    html = httpx.get(server.address, headers={"Accept": "text/html"}, timeout=60).text
    assert 'data-stage="topics" data-role="branch" data-field="topics"' in html
