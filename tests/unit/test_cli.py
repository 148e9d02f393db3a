import csv
import json
import os
import pty
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from typer.testing import CliRunner

from app.cli import app, main
from app.config.loader import Config, read
from app.serving.serve_config import render
from app.stages.registry import STAGES
from devtools.server import free_port
from tests.support.eventually import eventually
from tests.support.json_server import JsonServer

COMMANDS = (
    *("serve", "ask", "batch", "fetch", "config", "check"),
    *("wait", "plan", "top", "slo", "watch"),
)
WIDE = {"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"}


def stdout(*arguments: str) -> str:
    """The stdout of a command that succeeds."""
    result = CliRunner(env=WIDE).invoke(app, arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


class Result(NamedTuple):
    """The result of a command."""

    returncode: object
    stdout: str
    stderr: str


def run(*arguments: str, stdin: str = "", **environment: str) -> Result:
    """A command in this process: a new one takes seconds to import everything."""
    runner = CliRunner(charset=environment.get("PYTHONIOENCODING", "utf-8"))
    with runner.isolation(stdin, WIDE | environment) as (out, err, _):
        with pytest.raises(SystemExit) as exited:
            main(lambda: app(arguments))
        sys.stdout.flush()
        sys.stderr.flush()
        printed = (out.getvalue().decode(), err.getvalue().decode())
    return Result(exited.value.code or 0, *printed)


def run_subprocess(*arguments: str, stdin: str = "", **environment: str) -> Result:
    """A command in a new process: `batch` writes to the file descriptor of stdout."""
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        env={**os.environ, **WIDE, **environment},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr)


def errors(*arguments: str, **environment: str) -> list[str]:
    """The lines on stderr of a command that fails, without their prefix `wiki-digest: `."""
    return error_lines(run(*arguments, **environment))


def error_lines(result: Result) -> list[str]:
    """The lines on stderr of a failed command, without their prefix `wiki-digest: `."""
    assert result.returncode == 1, result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    lines = result.stderr.splitlines()
    assert all(line.startswith("wiki-digest: ") for line in lines), result.stderr
    return [line.removeprefix("wiki-digest: ") for line in lines]


def written(path: Path, content: Any) -> str:
    """The path of a new YAML file with that content."""
    file = path / "my.yaml"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    return str(file)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_the_help_of_each_command_has_an_example(command: str, flag: str) -> None:
    text = stdout(command, flag)
    assert "Example" in text
    assert f"wiki-digest {command} " in text.partition("Example")[2]


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_the_help_has_a_summary_and_all_commands(flag: str) -> None:
    text = stdout(flag)
    assert "A term in, a digest of its Wikipedia article out." in text
    for command in COMMANDS:
        assert f" {command} " in text


def test_the_version_is_the_one_of_the_package() -> None:
    expected = f"wiki-digest {version('wiki-digest')}\n"
    assert expected == stdout("--version")


def test_without_arguments_the_help_is_printed_with_exit_code_2() -> None:
    result = CliRunner(env=WIDE).invoke(app, [])
    expected = 2
    assert expected == result.exit_code
    assert "Usage: wiki-digest" in result.output
    assert "serve" in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        ["--nope"],
        ["nope"],
        ["serve", "--nope"],
        ["config", "--nope"],
        ["check", "--nope"],
        ["check"],
        ["serve", "--port", "0"],
        ["serve", "--port", "65536"],
        ["serve", "--port", "eighty"],
    ],
)
def test_a_command_line_that_cannot_be_parsed_has_exit_code_2(arguments: list[str]) -> None:
    result = CliRunner(env=WIDE).invoke(app, arguments)
    expected = 2
    assert expected == result.exit_code
    assert "Usage: " in result.output


def test_config_prints_the_effective_settings_and_their_serve_config() -> None:
    expected = read(
        Config,
        {
            "settings": {"source": "wikipedia"},
            "deployments": {"Entities": {"num_replicas": 2}},
        },
    )
    arguments = ["-s", "source=wikipedia", "-s", "deployments.Entities.num_replicas=2"]
    effective, serve_config = yaml.safe_load_all(stdout("config", *arguments))
    assert expected == read(Config, effective)
    assert render(expected) == serve_config


def test_assignments_override_the_file_and_the_last_one_wins(tmp_path: Path) -> None:
    file = written(tmp_path, {"settings": {"sentiment": {"threshold": 0.5, "fail_open": True}}})
    sets = ["--set", "sentiment.threshold=0.6", "--set", "sentiment.threshold=0.7"]
    effective, _ = yaml.safe_load_all(stdout("config", "--file", file, *sets))
    sentiment = effective["settings"]["sentiment"]
    expected = (0.7, True)
    assert expected == (sentiment["threshold"], sentiment["fail_open"])


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["-s", "preset=hub"],
        ["-s", "placement=fused"],
        ["-s", "source=wikipedia", "-s", "deployments.Entities.autoscaling_config.max_replicas=4"],
    ],
)
def test_check_accepts_both_documents_of_config(arguments: list[str], tmp_path: Path) -> None:
    for document in yaml.safe_load_all(stdout("config", *arguments)):
        file = written(tmp_path, document)
        expected = f"{file}: good\n"
        assert expected == stdout("check", file)


def test_the_effective_settings_are_a_settings_file(tmp_path: Path) -> None:
    expected = stdout("config", "-s", "preset=hub")
    effective, _ = yaml.safe_load_all(expected)
    assert expected == stdout("config", "-f", written(tmp_path, effective))


def test_check_prints_a_line_for_each_error_of_a_settings_file(tmp_path: Path) -> None:
    faulty = {"settings": {"sentimnt": {}, "entities": {"limit": 0}}}
    expected = [
        'settings.sentimnt: unknown; did you mean "sentiment"?',
        "settings.entities.limit: Input should be greater than or equal to 1",
    ]
    assert sorted(expected) == sorted(errors("check", written(tmp_path, faulty)))


def test_check_prints_a_line_for_each_error_of_a_serve_config(tmp_path: Path) -> None:
    serve_config = render(Config()) | {"htp_options": {}}
    serve_config["applications"][0]["args"]["sentimnt"] = {}
    expected = [
        "htp_options: unknown to Serve, which would drop it",
        'applications.0.args.sentimnt: unknown; did you mean "sentiment"?',
    ]
    assert expected == errors("check", written(tmp_path, serve_config))


def test_fetch_prints_where_each_model_is(tmp_path: Path) -> None:
    lines = stdout("fetch", "-s", f"summarizer.model={tmp_path}").splitlines()
    assert lines[:3] == [
        "sentiment: embedded is bundled",
        f"summarizer: {tmp_path} is in {tmp_path}",
        "entities: embedded is bundled",
    ]


def test_fetch_needs_no_network_for_the_bundled_models() -> None:
    bundled = [f"{stage}: embedded is bundled" for stage in STAGES]
    assert stdout("fetch").splitlines() == bundled


@pytest.mark.parametrize("command", [["check"], ["config", "-f"], ["serve", "-f"]])
def test_a_missing_file_is_an_error_with_its_path(command: list[str], tmp_path: Path) -> None:
    file = tmp_path / "none.yaml"
    expected = [f"{file}: No such file or directory"]
    assert expected == errors(*command, str(file))


def test_a_file_that_is_not_yaml_is_an_error_of_one_line(tmp_path: Path) -> None:
    file = tmp_path / "my.yaml"
    file.write_text("settings: [", encoding="utf-8")
    (line,) = errors("check", str(file))
    assert line.startswith(f"{file}: not YAML: ")


def test_an_assignment_to_a_file_without_a_mapping_is_an_error(tmp_path: Path) -> None:
    assert errors("config", "-f", written(tmp_path, "abc"), "-s", "preset=hub")


@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        ("preset=huub", "settings.preset: Input should be 'embedded' or 'hub'"),
        ("sentimnt.threshold=1", 'settings.sentimnt: unknown; did you mean "sentiment"?'),
        ("deployments.Entitees.x=1", 'deployments.Entitees: unknown; did you mean "Entities"?'),
    ],
)
def test_an_invalid_assignment_is_an_error(assignment: str, expected: str) -> None:
    assert [expected] == errors("config", "-s", assignment)


@pytest.mark.parametrize("assignment", ["preset", "=1"])
def test_an_assignment_without_key_or_value_is_an_error_with_the_form(assignment: str) -> None:
    (line,) = errors("config", "-s", assignment)
    assert line.startswith(f"{assignment!r}: write it as key=value")


def test_serving_on_a_taken_port_fails_before_ray_starts(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        *_, line = errors("serve", "--port", str(port), RAY_TMPDIR=str(tmp_path))
    expected = f"127.0.0.1:{port} cannot be served on: Address already in use; try --port"
    assert expected == line
    assert list(tmp_path.iterdir()) == []


def test_serving_with_an_invalid_setting_fails_before_ray_starts(tmp_path: Path) -> None:
    expected = ['settings.sentimnt: unknown; did you mean "sentiment"?']
    assert expected == errors("serve", "-s", "sentimnt=1", RAY_TMPDIR=str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_ask_answers_in_this_process_and_joins_its_words() -> None:
    result = run("ask", "ada", "lovelace")
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("Ada Lovelace\n")
    assert "Charles Babbage" in result.stdout
    assert result.stderr == ""


def test_ask_prints_json_and_applies_settings() -> None:
    digest = json.loads(run("ask", "kyoto", "--json", "-s", "sentiment.threshold=0.9").stdout)
    assert (digest["title"], digest["tone"]["threshold"]) == ("Kyoto", 0.9)


def test_a_term_without_an_article_fails_with_suggestions() -> None:
    result = run("ask", "lovelase")
    assert (result.returncode, result.stdout) == (1, "")
    assert "no article matches 'lovelase'" in result.stderr
    assert "Did you mean: Ada Lovelace" in result.stderr
    assert json.loads(run("ask", "lovelase", "--json").stdout)["status"] == 404


def test_batch_answers_in_this_process_with_a_summary_on_stderr() -> None:
    result = run_subprocess("batch", "-", stdin="ada lovelace\nblack death\nzzqqxx\n")
    items = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.returncode == 0
    assert {item["term"] for item in items} == {"ada lovelace", "black death", "zzqqxx"}
    first, *rest = result.stderr.splitlines()
    assert first.startswith("3 terms in ")
    assert sorted(line.split("(")[0].split() for line in rest) == [
        ["1", "no", "article"],
        ["1", "ok"],
        ["1", "rejected"],
    ]


def test_a_batch_writes_csv_to_stdout_if_asked() -> None:
    arguments = ("batch", "-", "-o", "-", "--format", "csv")
    result = run_subprocess(*arguments, stdin="ada lovelace\nzzqqxx\n")
    rows = {row["term"]: row["status"] for row in csv.DictReader(result.stdout.splitlines())}
    assert rows == {"ada lovelace": "ok", "zzqqxx": "404"}
    assert not Path("-").exists()


def test_the_ending_of_the_output_is_its_format_unless_another_is_given(tmp_path: Path) -> None:
    terms, output = tmp_path / "terms.txt", tmp_path / "digests.csv"
    terms.write_text("kyoto")
    assert run("batch", str(terms), "-o", str(output)).returncode == 0
    assert output.read_text("utf-8").startswith("term,status,")
    again = run("batch", str(terms), "-o", str(output))
    assert again.stderr.startswith("wiki-digest: 1 of 1 terms are there already\n")
    assert run("batch", str(terms), "-o", f"{output}.csv", "--format", "jsonl").returncode == 0
    assert output.with_name("digests.csv.csv").read_text("utf-8").startswith('{"term":"kyoto"')


def test_an_output_of_no_known_format_is_an_error(tmp_path: Path) -> None:
    output = tmp_path / "digests.txt"
    (line,) = errors("batch", "-", "-o", str(output))
    assert line.endswith("its ending names no format; name it .jsonl or .csv, or set --format")
    assert not output.exists()


def test_terms_in_utf16_without_a_mark_are_named_so(tmp_path: Path) -> None:
    terms = tmp_path / "terms.txt"
    terms.write_text("kyoto\n", "utf-16-le")
    (line,) = errors("batch", str(terms))
    assert line.startswith(f"{terms} is not UTF-8, but UTF-16 without a byte order mark")


def test_a_batch_with_a_failed_term_has_exit_code_1() -> None:
    result = run_subprocess("batch", "-", stdin="x" * 300)
    assert result.returncode == 1
    assert "failed: The search term is not valid (422)" in result.stderr


@pytest.mark.parametrize("command", [["ask", "x"], ["batch", "-"]])
def test_a_server_and_settings_exclude_each_other(command: list[str]) -> None:
    result = run(*command, "--server", "http://127.0.0.1:9", "-s", "source=wikipedia")
    assert result.returncode == 2
    assert "a server has its own settings" in result.stderr


@pytest.mark.parametrize(
    ("option", "environment"),
    [(["--key", "secret"], {}), ([], {"WIKI_DIGEST_KEY": "secret"})],
    ids=["option", "environment"],
)
def test_ask_sends_the_key(option: list[str], environment: dict[str, str]) -> None:
    with JsonServer("{}") as server:
        run("ask", "x", "--server", server.address, *option, **environment)
    assert {headers["Authorization"] for headers in server.headers} == {"Bearer secret"}


@pytest.mark.parametrize("command", [["ask", "x"], ["batch", "-"]])
def test_an_unreachable_server_is_an_error_of_one_line(command: list[str]) -> None:
    address = f"http://127.0.0.1:{free_port()}"
    (line,) = error_lines(run_subprocess(*command, WIKI_DIGEST_SERVER=address))
    assert line.startswith(f"{address} cannot be reached")


def test_a_missing_model_is_an_error_with_its_folder() -> None:
    (line, *_) = errors("ask", "x", "-s", "entities.model=./nowhere")
    assert "nowhere" in line


def test_a_closed_pipe_ends_a_batch_without_output_on_stderr(tmp_path: Path) -> None:
    terms = tmp_path / "terms.txt"
    terms.write_text("".join(f"{n}\n" for n in range(2_000)))
    script = 'set -o pipefail; "$0" -m app.cli batch "$1" | head -n 1'
    result = subprocess.run(
        ["bash", "-c", script, sys.executable, terms],
        env={**os.environ, **WIDE},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.stdout.count("\n") == 1
    assert result.stderr == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_batch_keeps_its_results_and_prints_how_to_resume(
    number: signal.Signals, tmp_path: Path
) -> None:
    terms, output = tmp_path / "terms.txt", tmp_path / "digests.jsonl"
    terms.write_text("".join(f"{n}\n" for n in range(100_000)))
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "batch", terms, "-o", output],
        env={**os.environ, **WIDE},
        stderr=subprocess.PIPE,
        text=True,
    )
    eventually("a line", lambda: output.exists() and output.stat().st_size, 120, every_s=0.01)
    process.send_signal(number)
    _, stderr = process.communicate(timeout=60)
    first, *_, last = stderr.splitlines()
    done = len(output.read_bytes().splitlines())
    assert process.returncode == 128 + number
    assert first.startswith(f"{done:,} terms in ")
    remaining = f"{100_000 - done:,} terms are left; run the same command to resume"
    assert last == f"wiki-digest: interrupted, {remaining}"


def test_a_batch_resumes_with_the_terms_that_are_not_done(tmp_path: Path) -> None:
    terms, output = tmp_path / "terms.txt", tmp_path / "digests.jsonl"
    terms.write_bytes(b"kyoto\nM\xfcnchen\ncern\n")
    assert run("batch", str(terms), "-o", str(output)).returncode == 1
    complete = output.read_bytes()
    assert complete.count(b"the term is not UTF-8") == 1
    output.write_bytes(complete[:-20])
    again = run("batch", str(terms), "-o", str(output))
    assert again.stderr.startswith("wiki-digest: 2 of 3 terms are there already\n1 terms in ")
    assert len(output.read_bytes().splitlines()) == 3


@pytest.mark.parametrize("command", [["batch", "-"], ["ask", "kyoto"]])
def test_a_full_disk_is_reported_once(command: list[str]) -> None:
    buffered = {k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"}
    with Path("/dev/full").open("wb") as full:
        result = subprocess.run(
            [sys.executable, "-m", "app.cli", *command],
            env={**buffered, **WIDE},
            input=b"kyoto",
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    expected = "wiki-digest: stdout cannot be written: No space left on device\n"
    assert (result.returncode, result.stderr.decode()) == (1, expected)


def test_a_character_that_the_terminal_cannot_encode_is_replaced() -> None:
    result = run("ask", "ada", "lovelace", PYTHONIOENCODING="ascii")
    assert result.returncode == 0, result.stderr
    assert "Charles Babbage ?2" in result.stdout


def test_an_internal_error_names_the_file_with_its_traceback() -> None:
    script = "from app.cli import main; main(lambda: 1 / 0)"
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    first, second = result.stderr.splitlines()
    details = Path(second.rpartition(" ")[2])
    assert result.returncode == 1
    assert (
        first == "wiki-digest: internal error (please report): ZeroDivisionError: division by zero"
    )
    assert "Traceback" in details.read_text("utf-8")
    details.unlink()


def test_ctrl_c_ends_any_command_without_output() -> None:
    script = "import signal; from app.cli import main; main(lambda: signal.raise_signal(2))"
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert (result.returncode, result.stderr) == (130, "")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("wiki-digest ", set(COMMANDS)), ("wiki-digest ba", {"batch"})],
)
def test_a_shell_completes_commands(typed: str, expected: set[str]) -> None:
    environment = {
        "_WIKI_DIGEST_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": "1",
    }
    script = "import sys; sys.argv[0] = 'wiki-digest'; from app.cli import main; main()"
    result = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert set(result.stdout.split()) == expected


def test_colours_are_for_terminals_and_off_with_no_color() -> None:
    colour = "\x1b[1m"
    assert colour in on_a_terminal("ask", "ada lovelace")
    plain = on_a_terminal("ask", "black death", NO_COLOR="1")
    assert "\x1b[33m" not in plain
    assert "\x1b[33m" in on_a_terminal("ask", "black death")
    assert "\x1b" not in run("ask", "black death").stdout


def on_a_terminal(*arguments: str, **environment: str) -> str:
    """The output of a command on a pseudoterminal."""
    controller, terminal = pty.openpty()
    inherited = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "TERM"}}
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", *arguments],
        env={**inherited, "TERM": "xterm-256color", **environment},
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
    )
    os.close(terminal)
    output = b""
    with suppress(OSError):  # Linux raises it when the other end is closed
        while chunk := os.read(controller, 65_536):
            output += chunk
    os.close(controller)
    assert process.wait(60) == 0
    return output.decode()
