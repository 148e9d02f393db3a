from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.api.about import Status
from app.cli import app
from devtools.server import free_port
from tests.support.json_server import JsonServer
from tests.unit.shell.test_kube import ApiServer, write_kubeconfig
from tests.unit.shell.test_top import replica, status

WIDE = {"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"}
GOOD = '{"status": 200, "seconds": 0.5}\n'


def run(*arguments: str) -> Result:
    return CliRunner(env=WIDE).invoke(app, arguments)


def load(folder: Path, text: str) -> str:
    file = folder / "load.jsonl"
    file.write_text(text, encoding="utf-8")
    return str(file)


def test_top_once_prints_what_servers_have_done_since_the_start() -> None:
    first, second = status(replica("a", 10)), status(replica("b", 10))
    with JsonServer(text(first)) as one, JsonServer(text(second)) as other:
        result = run("top", "--once", "--server", one.address, "--server", other.address)
    assert result.exit_code == 0, result.output
    assert "up 10 s: 2 Digest" in result.stdout
    assert "6.0 requests/s" in result.stdout


def text(found: Status) -> str:
    return found.model_dump_json()


@pytest.mark.parametrize("environment", [{}, {"WIKI_DIGEST_SERVER": "http://127.0.0.1:1"}])
def test_top_finds_a_release_by_its_namespace(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, environment: dict[str, str]
) -> None:
    """Even if the environment names a server; the cluster cannot be reached here."""
    write_kubeconfig(monkeypatch, tmp_path, f"http://127.0.0.1:{free_port()}")
    chosen = "top", "--once", "--namespace", "n", "--name", "r"
    result = CliRunner(env=WIDE | environment).invoke(app, chosen)
    assert "r in n is not reached" in str(result.exception)


def test_top_needs_a_server_or_a_namespace() -> None:
    result = run("top")
    assert (result.exit_code, "--namespace" in result.output) == (2, True)


def test_slo_exits_with_0_if_all_objectives_are_kept(tmp_path: Path) -> None:
    result = run("slo", load(tmp_path, GOOD * 20))
    assert (result.exit_code, result.stdout.count("kept")) == (0, 2), result.output


@pytest.mark.parametrize(
    "options", [("--p95", "0.4"), ("--availability", "0.99")], ids=["slow", "failed"]
)
def test_slo_exits_with_1_if_one_is_missed(tmp_path: Path, options: tuple[str, ...]) -> None:
    bad = '{"status": 503, "seconds": 0.1}\n'
    result = run("slo", load(tmp_path, GOOD * 20 + bad * (options[0] != "--p95")), *options)
    assert (result.exit_code, result.stdout.count("missed")) == (1, 1), result.output


def test_slo_reads_stdin() -> None:
    result = CliRunner(env=WIDE).invoke(app, ["slo", "-"], input=GOOD)
    assert result.exit_code == 0, result.output


def test_watch_needs_a_release_of_helm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with ApiServer() as server:
        write_kubeconfig(monkeypatch, tmp_path, server.address)
        result = run("watch", "--namespace", "n", "--name", "r")
    assert "Helm did not install this RayService" in str(result.exception)
