import json
import os
import pty
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from typer.testing import CliRunner

from app.cli import app, main
from app.config import Config, read
from app.serve_config import render
from tests.support.server import free_port

COMMANDS = ("serve", "ask", "batch", "fetch", "plan", "wait", "config", "check")
WIDE = {"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"}


def said(*arguments: str) -> str:
    """What a command that succeeds prints on stdout."""
    result = CliRunner(env=WIDE).invoke(app, arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


class Ended(NamedTuple):
    """How a command ended, and what it printed."""

    returncode: object
    stdout: str
    stderr: str


def run(*arguments: str, given: str = "", **environment: str) -> Ended:
    """A command as a person runs it, in this process: a new one takes seconds to import all."""
    runner = CliRunner(charset=environment.get("PYTHONIOENCODING", "utf-8"))
    with runner.isolation(given, WIDE | environment) as (out, err, _):
        with pytest.raises(SystemExit) as ended:
            main(lambda: app(arguments))
        sys.stdout.flush()
        sys.stderr.flush()
        printed = (out.getvalue().decode(), err.getvalue().decode())
    return Ended(ended.value.code or 0, *printed)


def started(*arguments: str, given: str = "", **environment: str) -> Ended:
    """A command in a process of its own: `batch` writes to the file behind stdout."""
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        env={**os.environ, **WIDE, **environment},
        input=given,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def refused(*arguments: str, **environment: str) -> list[str]:
    """The lines on stderr of a command that fails in words, without their `wiki-digest: `."""
    return sentences(run(*arguments, **environment))


def sentences(result: Ended) -> list[str]:
    """Likewise."""
    assert result.returncode == 1, result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    lines = result.stderr.splitlines()
    assert all(line.startswith("wiki-digest: ") for line in lines), result.stderr
    return [line.removeprefix("wiki-digest: ") for line in lines]


def written(path: Path, content: Any) -> str:
    """The path of a YAML file with that content."""
    file = path / "my.yaml"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    return str(file)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_the_help_of_each_command_shows_how_to_use_it(command: str, flag: str) -> None:
    """By an example that can be copied."""
    text = said(command, flag)
    assert "Example" in text
    assert f"wiki-digest {command} " in text.partition("Example")[2]


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_the_help_names_all_commands(flag: str) -> None:
    """And says what the program is for."""
    text = said(flag)
    assert "A term in, a digest of its Wikipedia article out." in text
    for command in COMMANDS:
        assert f" {command} " in text


def test_the_version_is_the_packages() -> None:
    """In one line."""
    expected = f"wiki-digest {version('wiki-digest')}\n"
    assert expected == said("--version")


def test_without_arguments_the_help_is_shown() -> None:
    """With the exit code of a command that was not given what it needs."""
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
def test_a_command_line_that_cannot_be_read_is_exit_code_2(arguments: list[str]) -> None:
    """Apart from 1, which says that what was read is wrong."""
    result = CliRunner(env=WIDE).invoke(app, arguments)
    expected = 2
    assert expected == result.exit_code
    assert "Usage: " in result.output


def test_config_prints_what_is_in_force_and_its_serve_config() -> None:
    """As two YAML documents."""
    given = {
        "settings": {"source": "wikipedia"},
        "deployments": {"Entities": {"num_replicas": 2}},
    }
    arguments = ["-s", "source=wikipedia", "-s", "deployments.Entities.num_replicas=2"]
    in_force, serve_config = yaml.safe_load_all(said("config", *arguments))
    expected = read(Config, given)
    assert expected == read(Config, in_force)
    assert render(expected) == serve_config


def test_config_lays_assignments_over_the_file(tmp_path: Path) -> None:
    """The last one wins, and the file's other settings stay."""
    file = written(tmp_path, {"settings": {"sentiment": {"threshold": 0.5, "fail_open": True}}})
    sets = ["--set", "sentiment.threshold=0.6", "--set", "sentiment.threshold=0.7"]
    in_force, _ = yaml.safe_load_all(said("config", "--file", file, *sets))
    sentiment = in_force["settings"]["sentiment"]
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
    """What is printed can be used as a file."""
    for document in yaml.safe_load_all(said("config", *arguments)):
        file = written(tmp_path, document)
        expected = f"{file}: good\n"
        assert expected == said("check", file)


def test_a_file_in_force_is_the_same_settings_again(tmp_path: Path) -> None:
    """So a person may begin with what `config` prints."""
    expected = said("config", "-s", "preset=hub")
    in_force, _ = yaml.safe_load_all(expected)
    assert expected == said("config", "-f", written(tmp_path, in_force))


def test_check_says_what_is_wrong_with_a_settings_file(tmp_path: Path) -> None:
    """One line on stderr for each fault, and no traceback."""
    faulty = {"settings": {"sentimnt": {}, "entities": {"limit": 0}}}
    expected = [
        'settings.sentimnt: unknown; did you mean "sentiment"?',
        "settings.entities.limit: Input should be greater than or equal to 1",
    ]
    assert sorted(expected) == sorted(refused("check", written(tmp_path, faulty)))


def test_check_says_what_is_wrong_with_a_serve_config(tmp_path: Path) -> None:
    """A file with `applications` is one."""
    serve_config = render(Config()) | {"htp_options": {}}
    serve_config["applications"][0]["args"]["sentimnt"] = {}
    expected = [
        "htp_options: unknown to Serve, which would drop it",
        'applications.0.args.sentimnt: unknown; did you mean "sentiment"?',
    ]
    assert expected == refused("check", written(tmp_path, serve_config))


def test_fetch_says_where_each_model_is(tmp_path: Path) -> None:
    """Those that come along, and folders, need no network."""
    lines = said("fetch", "-s", f"summarizer.model={tmp_path}").splitlines()
    assert lines[1] == f"summarizer: {tmp_path} is in {tmp_path}"
    assert [line.split(" is in ")[0] for line in lines] == [
        "sentiment: embedded",
        f"summarizer: {tmp_path}",
        "entities: embedded",
    ]


@pytest.mark.parametrize("command", [["check"], ["config", "-f"], ["serve", "-f"]])
def test_a_missing_file_is_a_sentence(command: list[str], tmp_path: Path) -> None:
    """With its path."""
    file = tmp_path / "none.yaml"
    expected = [f"{file}: No such file or directory"]
    assert expected == refused(*command, str(file))


def test_a_file_that_is_not_yaml_is_a_sentence(tmp_path: Path) -> None:
    """Of one line."""
    file = tmp_path / "my.yaml"
    file.write_text("settings: [", encoding="utf-8")
    (line,) = refused("check", str(file))
    assert line.startswith(f"{file}: not YAML: ")


def test_an_assignment_over_a_file_that_is_no_mapping_is_a_sentence(tmp_path: Path) -> None:
    """The file is at fault, and no traceback says so."""
    assert refused("config", "-f", written(tmp_path, "abc"), "-s", "preset=hub")


@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        ("preset=huub", "settings.preset: Input should be 'embedded' or 'hub'"),
        ("sentimnt.threshold=1", 'settings.sentimnt: unknown; did you mean "sentiment"?'),
        ("deployments.Entitees.x=1", 'deployments.Entitees: unknown; did you mean "Entities"?'),
    ],
)
def test_a_bad_assignment_is_a_sentence(assignment: str, expected: str) -> None:
    """Wherever it leads."""
    assert [expected] == refused("config", "-s", assignment)


@pytest.mark.parametrize("assignment", ["preset", "=1"])
def test_an_assignment_that_is_none_is_shown_how_to_be_one(assignment: str) -> None:
    """And is quoted as it was written."""
    (line,) = refused("config", "-s", assignment)
    assert line.startswith(f"{assignment!r}: write it as key=value")


def test_serving_on_a_port_that_is_taken_ends_at_once(tmp_path: Path) -> None:
    """With a way out, and before Ray is started."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        *_, line = refused("serve", "--port", str(port), RAY_TMPDIR=str(tmp_path))
    expected = f"127.0.0.1:{port} cannot be served on: Address already in use; try --port"
    assert expected == line
    assert list(tmp_path.iterdir()) == []


def test_a_bad_setting_is_told_before_anything_is_started(tmp_path: Path) -> None:
    """Serving begins with reading."""
    expected = ['settings.sentimnt: unknown; did you mean "sentiment"?']
    assert expected == refused("serve", "-s", "sentimnt=1", RAY_TMPDIR=str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_term_is_answered_in_this_process() -> None:
    """Without a server; its words need no quotes."""
    result = run("ask", "ada", "lovelace")
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("Ada Lovelace\n")
    assert "Charles Babbage" in result.stdout
    assert result.stderr == ""


def test_an_answer_can_be_had_as_json() -> None:
    """With the settings that are given."""
    digest = json.loads(run("ask", "kyoto", "--json", "-s", "sentiment.threshold=0.9").stdout)
    assert (digest["title"], digest["tone"]["threshold"]) == ("Kyoto", 0.9)


def test_a_term_without_an_article_is_said_to_have_none() -> None:
    """On stderr, with what comes near, and by the exit code."""
    result = run("ask", "lovelase")
    assert (result.returncode, result.stdout) == (1, "")
    assert "no article matches 'lovelase'" in result.stderr
    assert "Perhaps you meant: Ada Lovelace" in result.stderr
    assert json.loads(run("ask", "lovelase", "--json").stdout)["status"] == 404


def test_many_terms_are_answered_in_this_process() -> None:
    """A line for each, and a summary on stderr."""
    result = started("batch", "-", given="ada lovelace\nblack death\nzzqqxx\n")
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


def test_the_exit_code_tells_that_a_term_failed() -> None:
    """And the summary why."""
    result = started("batch", "-", given="x" * 300)
    assert result.returncode == 1
    assert "failed: The search term is not valid (422)" in result.stderr


@pytest.mark.parametrize("command", [["ask", "x"], ["batch", "-"]])
def test_a_server_and_settings_do_not_go_together(command: list[str]) -> None:
    """A server has its own."""
    result = run(*command, "--server", "http://127.0.0.1:9", "-s", "source=wikipedia")
    assert result.returncode == 2
    assert "a server has its own settings" in result.stderr


@pytest.mark.parametrize("command", [["ask", "x"], ["batch", "-"]])
def test_a_server_that_is_not_there_is_one_sentence(command: list[str]) -> None:
    """At once."""
    address = f"http://127.0.0.1:{free_port()}"
    (line,) = sentences(started(*command, WIKI_DIGEST_SERVER=address))
    assert line.startswith(f"{address} cannot be reached")


def test_models_that_are_not_there_are_one_sentence() -> None:
    """Which names the folder."""
    (line, *_) = refused("ask", "x", "-s", "entities.model=./nowhere")
    assert "nowhere" in line


def test_who_reads_no_further_ends_a_batch_quietly(tmp_path: Path) -> None:
    """As `head` does."""
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
def test_a_batch_that_is_told_to_end_says_what_is_done_and_how_to_go_on(
    number: signal.Signals, tmp_path: Path
) -> None:
    """And keeps what it has."""
    terms, output = tmp_path / "terms.txt", tmp_path / "digests.jsonl"
    terms.write_text("".join(f"{n}\n" for n in range(100_000)))
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "batch", terms, "-o", output],
        env={**os.environ, **WIDE},
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 30
    while not (output.exists() and output.stat().st_size):
        assert time.monotonic() < deadline
    process.send_signal(number)
    _, said = process.communicate(timeout=10)
    first, *_, last = said.splitlines()
    done = len(output.read_bytes().splitlines())
    assert process.returncode == 128 + number
    assert first.startswith(f"{done:,} terms in ")
    left = f"{100_000 - done:,} terms are left; the same command goes on from here"
    assert last == f"wiki-digest: interrupted, {left}"


def test_a_batch_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """A term that is no text is done as well; what failed or broke off is not."""
    terms, output = tmp_path / "terms.txt", tmp_path / "digests.jsonl"
    terms.write_bytes(b"kyoto\nM\xfcnchen\ncern\n")
    assert run("batch", str(terms), "-o", str(output)).returncode == 1
    whole = output.read_bytes()
    assert whole.count(b"the term is not UTF-8") == 1
    output.write_bytes(whole[:-20])
    again = run("batch", str(terms), "-o", str(output))
    assert again.stderr.startswith("wiki-digest: 2 of 3 terms are there already\n1 terms in ")
    assert len(output.read_bytes().splitlines()) == 3


@pytest.mark.parametrize("command", [["batch", "-"], ["ask", "kyoto"]])
def test_no_room_for_what_is_printed_is_a_sentence(command: list[str]) -> None:
    """Said once, and not again when Python ends."""
    with Path("/dev/full").open("wb") as full:
        result = subprocess.run(
            [sys.executable, "-m", "app.cli", *command],
            env={**os.environ, **WIDE},
            input=b"kyoto",
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    expected = "wiki-digest: stdout cannot be written: No space left on device\n"
    assert (result.returncode, result.stderr.decode()) == (1, expected)


def test_a_terminal_that_lacks_signs_shows_others_for_them() -> None:
    """It is no fault of ours."""
    result = run("ask", "ada", "lovelace", PYTHONIOENCODING="ascii")
    assert result.returncode == 0, result.stderr
    assert "Charles Babbage ?2" in result.stdout


def test_a_fault_of_ours_is_a_sentence_that_names_a_file() -> None:
    """The traceback is there, for whoever mends it."""
    script = "from app.cli import main; main(lambda: 1 / 0)"
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    first, second = result.stderr.splitlines()
    details = Path(second.rpartition(" ")[2])
    assert result.returncode == 1
    assert first == "wiki-digest: a fault of ours: ZeroDivisionError: division by zero"
    assert "Traceback" in details.read_text("utf-8")
    details.unlink()


def test_ctrl_c_ends_any_command_without_a_word() -> None:
    """With the exit code that shells know."""
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
    """As Bash asks it to."""
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


def test_colours_appear_on_a_terminal_only_and_can_be_turned_off() -> None:
    """By NO_COLOR, as everybody does."""
    colour = "\x1b[1m"
    assert colour in on_a_terminal("ask", "ada lovelace")
    plain = on_a_terminal("ask", "black death", NO_COLOR="1")
    assert "\x1b[33m" not in plain
    assert "\x1b[33m" in on_a_terminal("ask", "black death")
    assert "\x1b" not in run("ask", "black death").stdout


def on_a_terminal(*arguments: str, **environment: str) -> str:
    """What a command shows on a terminal of its own."""
    ours, its = pty.openpty()
    inherited = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "TERM"}}
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", *arguments],
        env={**inherited, "TERM": "xterm-256color", **environment},
        stdin=its,
        stdout=its,
        stderr=its,
    )
    os.close(its)
    shown = b""
    with suppress(OSError):  # Linux says so when the other end is closed
        while piece := os.read(ours, 65_536):
            shown += piece
    os.close(ours)
    assert process.wait(60) == 0
    return shown.decode()
