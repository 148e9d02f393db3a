import re
import shlex
import subprocess
from functools import cache

import pytest
import typer

from app.cli import app
from tests.support import needs, promtool
from tests.support.chart import ROOT, needs_helm

PAGE = (ROOT / "docs" / "runbooks.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
BLOCKS = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
INLINE = re.findall(r"`((?:kubectl|helm|wiki-digest) [^`]+)`", PAGE)
COMMANDS = sorted({line for block in BLOCKS for line in block.splitlines()} | set(INLINE))
PROGRAMS = {"kubectl", "helm", "wiki-digest", "curl"}


def anchor(heading: str) -> str:
    """The anchor of a heading of one word, as GitHub makes it."""
    return f"#{heading.lower()}"


@cache
def said(*command: str) -> str:
    """The help of a command of kubectl or helm; fails if it does not exist."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


@needs_helm
def test_the_runbook_of_each_alert_is_a_section() -> None:
    alerts = [rule for rule in promtool.rules() if "alert" in rule]
    urls = {rule["annotations"]["runbook_url"] for rule in alerts}
    assert urls == {f"docs/runbooks.md{anchor(rule['alert'])}" for rule in alerts}
    assert {rule["alert"] for rule in alerts} == SECTIONS.keys()


@pytest.mark.parametrize("section", SECTIONS)
def test_a_runbook_says_what_it_means_how_to_look_and_what_to_do(section: str) -> None:
    expected = ["Meaning", "Look", "Do"]
    assert expected == re.findall(r"^\*\*(\w+)\.\*\* ?", SECTIONS[section], re.MULTILINE)


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\((#[^)]+)\)", PAGE))))
def test_a_link_within_the_runbooks_resolves(target: str) -> None:
    assert target in {anchor(section) for section in SECTIONS}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_runbook_names_only_known_programs(command: str) -> None:
    assert shlex.split(command)[0] in PROGRAMS


@needs.program("kubectl")
@needs_helm
@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith(("kubectl", "helm"))])
def test_a_command_of_a_runbook_exists_with_its_options(command: str) -> None:
    program, verb, *words = command.split(" -- ", maxsplit=1)[0].split()
    known = said(program, verb, "--help") + (
        said(program, "options") if program == "kubectl" else ""
    )
    assert verb in known
    for option in (word.partition("=")[0] for word in words if word.startswith("--")):
        assert re.search(rf"{option}\b", known), option


@pytest.mark.parametrize("command", [c for c in COMMANDS if "wiki-digest " in c])
def test_a_command_of_the_app_in_a_runbook_parses(command: str) -> None:
    name, *rest = shlex.split(command[command.index("wiki-digest ") :])[1:]
    group = typer.main.get_command(app)
    with group.make_context("wiki-digest", [name, *rest]) as context:
        found = group.get_command(context, name)  # type: ignore[attr-defined]
        assert found is not None
        if rest:
            assert found.make_context(name, rest, parent=context).params


@needs_helm
def test_the_page_on_observability_lists_each_alert() -> None:
    page = (ROOT / "docs" / "observability.md").read_text("utf-8")
    listed = re.findall(r"^\| \[(\w+)\]\(runbooks\.md#(\w+)\)", page, re.MULTILINE)
    alerts = {rule["alert"] for rule in promtool.rules() if "alert" in rule}
    assert dict(listed) == {alert: alert.lower() for alert in alerts}
