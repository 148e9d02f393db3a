"""The shell against a real server: `wiki-digest ask` and `batch`, as a person types them."""

import json
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.sources.corpus import FOLDER
from bench.load import words
from devtools.server import Server

COUNT = 200
WAIT_S = 120


@pytest.fixture
def terms(tmp_path: Path) -> Path:
    """A file of different terms."""
    file = tmp_path / "terms.txt"
    file.write_text("\n".join(words(FOLDER, COUNT, random.Random(1))), "utf-8")
    return file


def command(server: Server, *arguments: str | Path) -> list[str]:
    """The words of a command that asks this server."""
    given = [str(argument) for argument in arguments]
    return [sys.executable, "-m", "app.cli", *given, "--server", server.address]


def run(server: Server, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """A command that is left to finish."""
    return subprocess.run(
        command(server, *arguments), capture_output=True, text=True, timeout=WAIT_S, check=False
    )


def test_a_server_answers_one_term(server: Server) -> None:
    """In words, or as JSON."""
    assert "Charles Babbage" in run(server, "ask", "ada", "lovelace").stdout
    assert json.loads(run(server, "ask", "kyoto", "--json").stdout)["title"] == "Kyoto"
    assert run(server, "ask", "zzqqxx").returncode == 1


def test_a_batch_that_was_interrupted_goes_on_where_it_stopped(
    server: Server, terms: Path, tmp_path: Path
) -> None:
    """In the end each term has one line."""
    output = tmp_path / "digests.jsonl"
    started = subprocess.Popen(
        command(server, "batch", terms, "-o", output), stderr=subprocess.PIPE, text=True
    )
    lines = follow(output, started)
    started.send_signal(signal.SIGINT)
    _, said = started.communicate(timeout=WAIT_S)
    assert started.returncode == 130
    there = len(output.read_text("utf-8").splitlines())
    assert lines <= there < COUNT
    assert f"interrupted, {COUNT - there} terms are left" in said
    again = run(server, "batch", terms, "-o", output)
    assert again.returncode == 0
    assert f"{there} of {COUNT} terms are there already" in again.stderr
    items = [json.loads(line) for line in output.read_text("utf-8").splitlines()]
    assert sorted(item["term"] for item in items) == sorted(terms.read_text("utf-8").splitlines())


def follow(output: Path, process: subprocess.Popen[str]) -> int:
    """Wait until there are lines; how many."""
    while not (output.exists() and (lines := output.read_text("utf-8").count("\n"))):
        assert process.poll() is None
    return lines
