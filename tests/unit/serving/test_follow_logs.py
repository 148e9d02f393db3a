"""The program that follows log files, on real files."""

import json
import logging
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

import pytest

from app.serving import follow_logs
from app.serving.follow_logs import CHUNK, MAX_LINE, Follower
from tests.support.eventually import eventually
from tests.support.work import reference_s

WITHIN_S = 30.0
FILES = Path("/dev/fd")
"""The open files of this process."""
WRITERS, LINES, LONG = 4, 2_000, 6_000
WRITER = f"""
import json, sys
name, lines, size = sys.argv[1], {LINES}, {LONG}
with open(name, "a", buffering=1) as log:
    for n in range(lines):
        log.write(json.dumps({{"from": name, "n": n, "long": size * "x"}}) + "\\n")
"""
"""A process that writes lines longer than what a pipe accepts in one piece."""


class Pod:
    """The `/tmp` of a pod, a follower of it, and what that has written."""

    def __init__(self, tmp: Path, wanted: str = "all") -> None:
        self.tmp = tmp
        self.logs = session(tmp, "session_1")
        self._written = bytearray()
        self.follower = Follower(str(tmp), "worker", wanted, self._write)

    def _write(self, data: bytes) -> None:
        self._written += data

    @property
    def written(self) -> list[dict[str, Any]]:
        """The objects written so far; each line is one."""
        return [json.loads(line) for line in self._written.splitlines()]

    def messages(self) -> list[str]:
        """What is written after another look at the files."""
        self.follower.catch_up()
        return [line["message"] for line in self.written]


def session(tmp: Path, name: str) -> Path:
    """The folder of logs of a new session, which `session_latest` then names."""
    logs = tmp / "ray" / name / "logs"
    (logs / "serve").mkdir(parents=True)
    latest = tmp / "ray" / "session_latest"
    latest.unlink(missing_ok=True)
    latest.symlink_to(tmp / "ray" / name)
    return logs


@pytest.fixture
def pod(tmp_path: Path) -> Iterator[Pod]:
    """A pod with one session and no files."""
    started = Pod(tmp_path)
    yield started
    started.follower.close()


def append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def test_lines_of_ray_and_haproxy_name_their_node_and_file(pod: Pod) -> None:
    haproxy = pod.tmp / "haproxy-serve" / "node"
    haproxy.mkdir(parents=True)
    append(pod.logs / "raylet.out", "[I] started\n")
    append(pod.logs / "serve" / "controller_7.log", "INFO -- Controller starting\n")
    append(haproxy / "admin.sock.7.1.stderr.log", "[NOTICE] haproxy\n")
    append(haproxy / "haproxy.cfg", "global\n")
    append(pod.logs / "debug_state.txt", "state\n")

    pod.follower.catch_up()

    assert {(line["node"], line["file"], line["message"]) for line in pod.written} == {
        ("worker", "raylet.out", "[I] started"),
        ("worker", "serve/controller_7.log", "INFO -- Controller starting"),
        ("worker", "haproxy/admin.sock.7.1.stderr.log", "[NOTICE] haproxy"),
    }


def test_serve_only_leaves_out_the_files_of_ray(tmp_path: Path) -> None:
    pod = Pod(tmp_path, "serve")
    append(pod.logs / "raylet.out", "ray\n")
    append(pod.logs / "serve" / "replica_a.log", "serve\n")

    assert pod.messages() == ["serve"]
    pod.follower.close()


def test_json_of_replicas_is_written_as_it_is(pod: Pod) -> None:
    line = {"levelname": "INFO", "message": "caf\u00e9", "request_id": "1"}
    append(pod.logs / "serve" / "replica_a.log", json.dumps(line, ensure_ascii=False) + "\n")

    pod.follower.catch_up()

    assert pod.written == [line]


def test_only_new_lines_are_written_and_half_a_line_waits(pod: Pod) -> None:
    log = pod.logs / "raylet.out"
    append(log, "one\ntw")
    assert pod.messages() == ["one"]
    assert pod.messages() == ["one"]
    append(log, "o\n")
    assert pod.messages() == ["one", "two"]


def test_half_a_last_line_is_written_at_the_end(pod: Pod) -> None:
    append(pod.logs / "raylet.err", "one\nSegmentation fau")
    assert pod.messages() == ["one"]
    pod.follower.close()
    assert pod.written[1]["message"] == "Segmentation fau"


def test_files_that_appear_later_are_followed(pod: Pod) -> None:
    assert pod.messages() == []
    append(pod.logs / "serve" / "replica_late.log", "late\n")
    assert pod.messages() == ["late"]


def test_a_rotated_file_is_read_to_its_end_and_no_line_is_lost_or_written_twice(pod: Pod) -> None:
    """By the class that Serve uses; several rotations between two looks."""
    path = pod.logs / "serve" / "replica_a.log"
    handler = RotatingFileHandler(path, maxBytes=1_000, backupCount=50)
    expected = [f"line {n}" for n in range(600)]
    for n, message in enumerate(expected):
        handler.emit(logging.makeLogRecord({"msg": message}))
        if n % 250 == 249:
            pod.follower.catch_up()
    handler.close()

    found = pod.messages()

    assert len(list(path.parent.iterdir())) > 5
    assert sorted(found) == sorted(expected)
    assert {line["file"] for line in pod.written} == {"serve/replica_a.log"}


def test_a_name_given_to_another_file_while_it_is_opened_loses_neither(pod: Pod) -> None:
    log = pod.logs / "raylet.out"
    append(log, "old\n")
    (entry,) = [e for e in follow_logs.entries(str(pod.logs)) if e.name == log.name]
    entry.stat(follow_symlinks=False)  # is remembered by the entry
    log.rename(pod.logs / "raylet.out.1")
    append(log, "new\n")

    for _ in range(2):  # the second time, the other file is followed already
        pod.follower.open(entry, "raylet.out")

    assert sorted(pod.messages()) == ["new", "old"]


def test_a_truncated_file_is_read_from_its_beginning(pod: Pod) -> None:
    log = pod.logs / "dashboard.log"
    append(log, "a long line\nbegun")
    pod.follower.catch_up()
    log.write_text("new\n", encoding="utf-8")
    assert pod.messages() == ["a long line", "begun", "new"]


def test_a_removed_file_is_read_to_its_end_and_closed(pod: Pod) -> None:
    before = len(list(FILES.iterdir()))
    log = pod.logs / "serve" / "replica_a.log"
    with log.open("w", encoding="utf-8") as file:
        file.write("one\n")
        file.flush()
        pod.follower.catch_up()
        file.write("two\nthr")
    log.unlink()

    assert pod.messages() == ["one", "two", "thr"]
    assert len(list(FILES.iterdir())) == before


def test_a_new_session_is_followed_and_the_last_lines_of_the_old_one_are_written(
    pod: Pod,
) -> None:
    """As when Ray restarts in its container."""
    old = pod.logs / "raylet.out"
    append(old, "old\n")
    pod.follower.catch_up()
    new = session(pod.tmp, "session_2")
    append(old, "last\n")
    append(pod.logs / "raylet.err", "killed\n")
    append(new / "raylet.out", "new\n")

    assert sorted(pod.messages()) == ["killed", "last", "new", "old"]


def test_a_long_line_is_cut_and_the_next_one_is_whole(pod: Pod) -> None:
    append(pod.logs / "raylet.out", f"{'x' * (3 * MAX_LINE)}\nnext\n")

    pod.follower.catch_up()

    cut, whole = pod.written
    assert (len(cut["message"]), cut["bytes_cut"]) == (MAX_LINE, 2 * MAX_LINE)
    assert whole["message"] == "next"


def test_a_large_file_does_not_hold_up_the_others(pod: Pod) -> None:
    append(pod.logs / "a.log", 3 * CHUNK // 4 * "big\n")
    append(pod.logs / "b.log", "small\n")

    found = pod.messages()

    assert len(found) == 3 * CHUNK // 4 + 1
    assert found.index("small") < CHUNK


@contextmanager
def followed(tmp: Path) -> Iterator[tuple[subprocess.Popen[bytes], list[bytes]]]:
    """The running program, and the lines that it has written to its pipe."""
    command = [sys.executable, "-m", "app.serving.follow_logs", str(tmp), "head", "all"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        lines: list[bytes] = []
        reader = threading.Thread(target=lines.extend, args=(process.stdout,))
        reader.start()
        try:
            yield process, lines
        finally:
            process.kill()
            process.wait()
            reader.join()


def until(lines: list[bytes], count: int) -> None:
    """Wait until so many lines are written."""
    eventually(f"{count} lines", lambda: len(lines) >= count, WITHIN_S, every_s=0.02)


def test_lines_of_files_written_at_the_same_time_are_not_mixed(tmp_path: Path) -> None:
    """One `tail` for each file would mix them: its writes of over 4 KiB are not atomic."""
    logs = session(tmp_path, "session_1")
    names = [str(logs / "serve" / f"replica_{n}.log") for n in range(WRITERS)]
    with followed(tmp_path) as (process, lines):
        writers = [subprocess.Popen([sys.executable, "-c", WRITER, name]) for name in names]
        assert [writer.wait() for writer in writers] == [0] * WRITERS
        until(lines, 1)  # it has begun, and knows the signal
        process.send_signal(signal.SIGTERM)
        assert process.wait(WITHIN_S) == 0
        until(lines, WRITERS * LINES)
    found = [json.loads(line) for line in lines]
    numbers = {name: [line["n"] for line in found if line["from"] == name] for name in names}
    assert numbers == {name: list(range(LINES)) for name in names}
    assert Counter(len(line["long"]) for line in found) == {LONG: WRITERS * LINES}


def test_after_sigterm_it_writes_what_is_left_and_exits_at_once(tmp_path: Path) -> None:
    logs = session(tmp_path, "session_1")
    append(logs / "raylet.out", "one\n")
    with followed(tmp_path) as (process, lines):
        until(lines, 1)
        append(logs / "raylet.out", "two\nthr")
        append(logs / "raylet.err", "last\n")
        process.send_signal(signal.SIGTERM)
        assert process.wait(WITHIN_S) == 0
    assert sorted(json.loads(line)["message"] for line in lines) == ["last", "one", "thr", "two"]


def test_idle_it_needs_little_memory_and_hardly_any_cpu(tmp_path: Path) -> None:
    """With as many files as in a pod. The container's limit is 64 MiB."""
    psutil = pytest.importorskip("psutil")
    logs = session(tmp_path, "session_1")
    for n in range(100):
        append(logs / f"worker-{n}.out", "one\n")
    with followed(tmp_path) as (process, lines):
        until(lines, 100)
        measured = psutil.Process(process.pid)
        before = sum(measured.cpu_times()[:2])
        assert measured.memory_info().rss < 24 * 2**20
        threading.Event().wait(3)
        assert sum(measured.cpu_times()[:2]) - before < max(0.15, 5 * reference_s())
