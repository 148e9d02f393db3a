"""The README's commands that need a server, in order, and the answer that it shows."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devtools.processes import ended_by
from devtools.server import START_S, STOP_S, first_line, free_port
from tests.support.readme import ROOT, block

COMMAND_S = 120


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose `.venv` is the virtual environment of this test."""
    folder = tmp_path_factory.mktemp("checkout")
    (folder / ".venv").mkdir()
    (folder / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    for stamp in ("pip", "run"):  # targets of make: dependencies are installed
        (folder / ".venv" / stamp).touch()
    return folder


@pytest.fixture(scope="module")
def port(checkout: Path) -> Iterator[str]:
    """The port of a server started by `make run`."""
    port = str(free_port())
    command = [*block("sh", "make run").split(), f"VENV={checkout / '.venv'}", f"PORT={port}"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    # Without the variables of the `make test` that runs this; it ends as by Ctrl-C in a terminal.
    with ended_by(signal.SIGINT, command, STOP_S, at=ROOT, environment=environment) as process:
        assert first_line(process, START_S) == f"http://127.0.0.1:{port}"
        yield port


def pasted(text: str, port: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run lines of the README in a shell."""
    return subprocess.run(
        ["bash", "-e", "-c", text.replace(":8000", f":{port}")],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=COMMAND_S,
        check=True,
    )


def portable(value: Any) -> Any:
    """The parts that do not depend on the machine: scores with two digits, no times."""
    if isinstance(value, dict):
        return {key: portable(inner) for key, inner in value.items() if key != "ms"}
    if isinstance(value, list):
        return [portable(inner) for inner in value]
    return round(value, 2) if isinstance(value, float) else value


def test_the_answer_to_curl_is_the_one_on_the_page(port: str, checkout: Path) -> None:
    answer = json.loads(pasted(block("sh", "curl 'http://127"), port, checkout).stdout)
    shown = json.loads(re.sub(r",\s*\.\.\.", "", block("json", "Ada Lovelace", "docs/api.md")))
    names = len(shown["entities"]["items"])
    answer["entities"]["items"] = answer["entities"]["items"][:names]
    assert shown["ms"].keys() <= answer["ms"].keys()
    answer = {key: answer[key] for key in shown}  # the page may lack stages of your own
    assert portable(shown) == portable(answer)


def test_the_shell_commands_in_the_readme_print_digests(port: str, checkout: Path) -> None:
    done = pasted(block("sh", "wiki-digest batch"), port, checkout)
    lines = (checkout / "digests.jsonl").read_text("utf-8").splitlines()
    assert done.stdout.startswith("Ada Lovelace\n")
    assert '"title": "Kyoto"' in done.stdout
    assert {json.loads(line)["term"] for line in lines} == {"ada lovelace", "kyoto", "black death"}
