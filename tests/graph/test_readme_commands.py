"""The README's commands, pasted: those that need a server, in their order, with its answer."""

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

from tests.support.readme import ROOT, block
from tests.support.server import START_S, STOP_S, first_line, free_port

COMMAND_S = 120


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where the virtual environment that runs this test is `.venv`."""
    folder = tmp_path_factory.mktemp("checkout")
    (folder / ".venv").mkdir()
    (folder / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    for stamp in ("pip", "run"):  # what make installs is there
        (folder / ".venv" / stamp).touch()
    return folder


@pytest.fixture(scope="module")
def port(checkout: Path) -> Iterator[str]:
    """Where `make run` serves."""
    port = str(free_port())
    command = [*block("sh", "make run").split(), f"VENV={checkout / '.venv'}", f"PORT={port}"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,  # of a person's shell, not of the `make test` that runs this
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            assert first_line(process, START_S) == f"http://127.0.0.1:{port}"
            yield port
        finally:
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does
            process.wait(STOP_S)


def pasted(text: str, port: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What these lines do when they are pasted into a shell."""
    return subprocess.run(
        ["bash", "-e", "-c", text.replace(":8000", f":{port}")],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=COMMAND_S,
        check=True,
    )


def steady(value: Any) -> Any:
    """What does not depend on the machine: scores to two digits, and no times."""
    if isinstance(value, dict):
        return {key: steady(inner) for key, inner in value.items() if key != "ms"}
    if isinstance(value, list):
        return [steady(inner) for inner in value]
    return round(value, 2) if isinstance(value, float) else value


def test_curl_answers_what_the_readme_shows(port: str, checkout: Path) -> None:
    """To the letter, but for times and the names that are left out."""
    answered = json.loads(pasted(block("sh", "curl 'http://127"), port, checkout).stdout)
    shown = json.loads(re.sub(r",\s*\.\.\.", "", block("json", "Ada Lovelace")))
    names = len(shown["entities"]["items"])
    answered["entities"]["items"] = answered["entities"]["items"][:names]
    assert shown["ms"].keys() == answered["ms"].keys()
    assert steady(shown) == steady(answered)


def test_the_commands_of_the_shell_do_what_the_readme_says(port: str, checkout: Path) -> None:
    """Each after the other."""
    done = pasted(block("sh", "wiki-digest batch"), port, checkout)
    lines = (checkout / "digests.jsonl").read_text("utf-8").splitlines()
    assert done.stdout.startswith("Ada Lovelace\n")
    assert '"title": "Kyoto"' in done.stdout
    assert {json.loads(line)["term"] for line in lines} == {"ada lovelace", "kyoto", "black death"}
