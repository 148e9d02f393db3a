"""The log of a real Serve, as the follower in a pod reads it: a line of JSON for each event."""

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from app.serving.follow_logs import Follower
from devtools.server import Server
from tests.support.eventually import eventually
from tests.support.faulty_wiki import FaultyWiki, status
from tests.support.tiny_wiki import TinyWiki

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="HAProxy is for Linux only")
WITHIN_S = 30
GATE_S = 8.0
"""Seconds that the gate waits for other articles."""
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE}-00f067aa0ba902b7-00"
STAGES = {"sentiment", "summarizer", "entities"}
Line = dict[str, Any]


class Logged:
    """A server, and the lines of its log: of these `files`, `serve` or `all`."""

    def __init__(self, server: Server, folder: Path, files: str) -> None:
        self.server = server
        self.lines: list[Line] = []
        self._follower = Follower(str(folder), "head", files, self._write)

    def _write(self, data: bytes) -> None:
        self.lines += map(json.loads, data.splitlines())

    def get(self, path: str, **headers: str) -> requests.Response:
        return requests.get(f"{self.server.address}{path}", timeout=40, headers=headers)

    def of(self, request_id: str, finished: Callable[[list[Line]], bool]) -> list[Line]:
        """The lines of a request, once `finished` holds for them."""

        def look() -> list[Line] | None:
            self._follower.catch_up()
            found = [line for line in self.lines if line.get("request_id") == request_id]
            return found if finished(found) else None

        return eventually(f"the lines of {request_id}", look, WITHIN_S, every_s=0.1)

    def last(self, response: requests.Response) -> Line:
        """The line that tells the outcome of a response."""
        lines = self.of(response.headers["X-Request-Id"], has_ended)
        (line,) = [line for line in lines if "status" in line]
        return line


@contextmanager
def following(files: str, *settings: str) -> Iterator[Logged]:
    """A server that writes its log at once; sockets need a short path."""
    held = tempfile.TemporaryDirectory(prefix="wd")
    folder = Path(held.name)
    now = {"RAY_TMPDIR": str(folder), "RAY_SERVE_REQUEST_PATH_LOG_BUFFER_SIZE": "1"}
    whole = "placement=distributed", "digest.cache_size=0", "tracing.sample_ratio=1e-9"
    with held, Server(*whole, *settings, **now) as server:
        log = Logged(server, folder, files)
        eventually("HAProxy has seen a replica", lambda: reaches_a_replica(log), WITHIN_S)
        yield log


@pytest.fixture(scope="module")
def logged() -> Iterator[Logged]:
    """A server whose gate waits."""
    slow = f"sentiment.batch.batch_wait_timeout_s={GATE_S}", "digest.hedge_after_s=60"
    with following("serve", *slow) as log:
        yield log


def reaches_a_replica(log: Logged) -> bool:
    """Whether a request comes to the replica with its context, not through Serve's proxy."""
    return "trace_id" in log.last(log.get("/v1/models", traceparent=TRACEPARENT))


def has_ended(lines: list[Line]) -> bool:
    """Whether the line of a request's outcome is among its lines."""
    return any("status" in line for line in lines)


def stages_of(lines: list[Line]) -> set[str]:
    return {line["stage"] for line in lines if "stage" in line}


def is_of(deployment: str, line: Line) -> bool:
    return line.get("deployment") == f"wiki-digest_{deployment}"


def test_a_request_is_one_in_the_log_of_every_deployment(logged: Logged) -> None:
    path = "/v1/digest?term=ada+lovelace"
    response = logged.get(path, **{"X-Request-Id": "mine-1", "traceparent": TRACEPARENT})
    assert response.headers["X-Request-Id"] == "mine-1"
    lines = logged.of("mine-1", lambda found: has_ended(found) and stages_of(found) == STAGES)
    digest = next(line for line in lines if is_of("Digest", line))
    expected = {"route": "/v1/digest", "status": 200, "outcome": "ok", "trace_id": TRACE}
    assert digest | expected == digest
    assert GATE_S < digest["seconds"] < WITHIN_S
    stages = {line["stage"]: line["outcome"] for line in lines if "stage" in line}
    assert stages == dict.fromkeys(STAGES, "ok")
    assert {line["trace_id"] for line in lines} == {TRACE}


def test_a_problem_names_the_request_as_the_log_does(logged: Logged) -> None:
    response = logged.get("/v1/digest?term=zzqqxx", **{"X-Request-Id": "not valid"})
    line = logged.last(response)
    assert (line["status"], line["outcome"]) == (404, "no-article")
    assert response.json()["instance"] == f"urn:wiki-digest:request:{line['request_id']}"
    assert response.headers["X-Request-Id"] == line["request_id"] != "not valid"


@pytest.mark.parametrize(
    ("path", "status", "outcome"),
    [
        ("/v1/digest?term=black+death", 200, "rejected"),
        ("/v1/digest?term=", 422, "bad-term"),
        ("/v1/models", 200, "ok"),
        ("/nowhere", 404, "client-error"),
    ],
)
def test_the_log_tells_the_outcome(logged: Logged, path: str, status: int, outcome: str) -> None:
    line = logged.last(logged.get(path))
    assert (line["status"], line["outcome"]) == (status, outcome)


def test_work_for_a_client_that_leaves_is_finished_for_the_others(logged: Logged) -> None:
    """It is the first client's request in the log of the stage, and the last to end there."""

    def leave() -> None:
        with pytest.raises(requests.ReadTimeout):
            requests.get(url, headers={"X-Request-Id": "left"}, timeout=GATE_S / 2)

    url = f"{logged.server.address}/v1/digest?term=kyoto"
    with ThreadPoolExecutor() as pool:
        left = pool.submit(leave)
        eventually("it waits for the gate", lambda: in_the_gate(logged), GATE_S / 2, 0.05)
        response = logged.get("/v1/digest?term=kyoto", **{"X-Request-Id": "stayed"})
        left.result()
    assert response.json()["status"] == "ok"
    lines = logged.of("left", lambda found: len(found) >= 2)
    outcomes = {line["deployment"]: line["outcome"] for line in lines}
    assert outcomes == {"wiki-digest_Digest": "cancelled", "wiki-digest_Sentiment": "ok"}


def in_the_gate(logged: Logged) -> bool:
    replicas = logged.get("/v1/status").json()["replicas"]
    stages = [one["stages"].get("sentiment", {"in_progress": 0}) for one in replicas]
    return any(stage["in_progress"] for stage in stages)


def test_no_line_tells_what_was_asked_for(logged: Logged) -> None:
    for path in ("/v1/digest?term=", "/?search_term=", "/v1/digest/stream?term="):
        for term in ("marie+curie", "zzqqyy"):
            response = logged.get(f"{path}{term}")
            assert logged.of(response.headers["X-Request-Id"], bool)
    text = json.dumps(logged.lines).casefold()
    for word in ("curie", "zzqqyy", "lovelace", "black death", "zzqqxx"):
        assert word not in text


def test_a_setting_lets_lines_tell_the_article() -> None:
    with following("serve", "logging.terms=true") as log:
        response = log.get("/v1/digest?term=marie+curie")
        lines = log.of(response.headers["X-Request-Id"], has_ended)
    assert "Marie Curie" in {line.get("article") for line in lines}


def test_no_line_of_any_file_tells_what_a_wiki_was_asked_for() -> None:
    """Also if it has no such article, or fails."""
    with FaultyWiki(TinyWiki()) as wiki:
        settings = "source.kind=wikipedia", f"source.api_url={wiki.url}", "source.retries=0"
        with following("all", *settings) as log:
            for term, outcome in (("lovelace", "ok"), ("zzqqyy", "no-article")):
                assert log.last(log.get(f"/v1/digest?term={term}"))["outcome"] == outcome
            wiki.faults.append(status(503))
            assert log.last(log.get("/v1/digest?term=babbage"))["outcome"] == "source-failed"
    assert "raylet.out" in {line.get("file") for line in log.lines}
    text = json.dumps(log.lines).casefold()
    assert [word for word in ("lovelace", "zzqqyy", "babbage") if word in text] == []
