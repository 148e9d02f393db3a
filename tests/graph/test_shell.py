"""The commands `ask` and `batch` against a real server."""

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
from tests.support.eventually import eventually

COUNT = 200
WAIT_S = 120


@pytest.fixture
def terms(tmp_path: Path) -> Path:
    """A file of distinct terms."""
    file = tmp_path / "terms.txt"
    file.write_text("\n".join(words(FOLDER, COUNT, random.Random(1))), "utf-8")
    return file


def command(server: Server, *arguments: str | Path) -> list[str]:
    """The command line, with `--server`."""
    words = map(str, arguments)
    return [sys.executable, "-m", "app.cli", *words, "--server", server.address]


def run(server: Server, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(server, *arguments), capture_output=True, text=True, timeout=WAIT_S, check=False
    )


def test_ask_prints_the_answer_of_a_server(server: Server) -> None:
    assert "Charles Babbage" in run(server, "ask", "ada", "lovelace").stdout
    assert json.loads(run(server, "ask", "kyoto", "--json").stdout)["title"] == "Kyoto"
    assert run(server, "ask", "zzqqxx").returncode == 1


def test_an_interrupted_batch_resumes_and_has_one_line_for_each_term(
    server: Server, terms: Path, tmp_path: Path
) -> None:
    output = tmp_path / "digests.jsonl"
    started = subprocess.Popen(
        command(server, "batch", terms, "-o", output), stderr=subprocess.PIPE, text=True
    )
    lines = eventually("a first line", lambda: lines_in(output), WAIT_S, every_s=0.02)
    started.send_signal(signal.SIGINT)
    _, stderr = started.communicate(timeout=WAIT_S)
    assert started.returncode == 130
    done = len(output.read_text("utf-8").splitlines())
    assert lines <= done < COUNT
    assert f"interrupted, {COUNT - done} terms are left" in stderr
    again = run(server, "batch", terms, "-o", output)
    assert again.returncode == 0
    assert f"{done} of {COUNT} terms are there already" in again.stderr
    items = [json.loads(line) for line in output.read_text("utf-8").splitlines()]
    assert sorted(item["term"] for item in items) == sorted(terms.read_text("utf-8").splitlines())


def lines_in(output: Path) -> int:
    """The number of lines written so far."""
    return output.read_text("utf-8").count("\n") if output.exists() else 0
