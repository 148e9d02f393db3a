"""`wiki-digest serve` stops by SIGINT and SIGTERM while it answers requests."""

import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPException
from typing import NamedTuple

import psutil
import pytest
import requests

from app.config.settings import Settings
from devtools.processes import left_running
from devtools.server import STOP_S, Server
from tests.graph.test_local_ports import token
from tests.support.streams import ASK_S, SLOW, under_way

UNDER_WAY, CLIENTS = 24, 12
GRACE_S = Settings().digest.deadline_s
NOTICED = {"RAY_gcs_rpc_server_reconnect_timeout_s": "10"}
"""Ray's processes end without a GCS after ten seconds, by default after a minute."""


def first_refusal(server: Server) -> requests.Response:
    """The first answer that is no success, to one request after another."""
    url = f"{server.address}/v1/models"
    answers = iter(lambda: requests.get(url, timeout=ASK_S), None)
    return next(answer for answer in answers if not answer.ok)


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_requests_under_way_are_answered_and_new_ones_refused(
    name: signal.Signals, capfd: pytest.CaptureFixture[str]
) -> None:
    with Server(*SLOW) as server, under_way(server.address, UNDER_WAY) as streams:
        server.process.send_signal(name)
        refusal = first_refusal(server)
        assert server.process.wait(GRACE_S) == 0
        ends = ["event: digest" in list(lines) for lines in streams]
    assert ends == [True] * UNDER_WAY
    assert (refusal.status_code, refusal.headers["Retry-After"]) == (503, "1")
    assert_only_the_command_tells(capfd)


def test_none_fails_before_others_are_refused() -> None:
    """A dozen clients ask all the time, each time over a new connection, until nobody listens."""
    with ThreadPoolExecutor(CLIENTS) as pool, Server("digest.cache_size=0") as server:
        begun = threading.Barrier(CLIENTS + 1)
        clients = [pool.submit(ends_of, server, begun) for _ in range(CLIENTS)]
        begun.wait(ASK_S)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(GRACE_S) == 0
        ends = [end for client in clients for end in client.result()]
    assert {end.status for end in ends} == {200, 503, None}
    refused = min(end.at for end in ends if end.status == 503)
    assert [end for end in ends if end.status is None and end.begun < refused] == []


class End(NamedTuple):
    """When a request began and ended, and its status; None is a connection that failed."""

    begun: float
    at: float
    status: int | None


def ends_of(server: Server, begun: threading.Barrier) -> list[End]:
    """Those of a client, which says when it has its first answer."""
    ends = [end_of(server)]
    begun.wait(ASK_S)
    while ends[-1].status is not None:
        ends.append(end_of(server))
    return ends


def end_of(server: Server) -> End:
    started = time.monotonic()
    try:
        response = requests.get(f"{server.address}/v1/digest?term=kyoto", timeout=ASK_S)
    except requests.ConnectionError:
        return End(started, time.monotonic(), None)
    return End(started, time.monotonic(), response.status_code)


def test_a_request_under_way_has_its_whole_time_and_an_answer() -> None:
    """The gate would answer later. The grace begins once others are refused."""
    given = ("digest.deadline_s=4", *SLOW)
    with Server(*given) as server, under_way(server.address, 2) as streams:
        server.process.send_signal(signal.SIGTERM)
        ends = [[line for line in lines if line] for lines in streams]
        assert server.process.wait(GRACE_S) == 0
    for lines in ends:
        assert lines[-2] == "event: problem"
        assert '"status":504' in lines[-1].replace(" ", "")


def assert_only_the_command_tells(capfd: pytest.CaptureFixture[str]) -> None:
    """Nothing but its own lines is on stderr: Ray has warnings for calls that come too late."""
    told = capfd.readouterr().err.splitlines()
    assert told[-1] == "wiki-digest: stopped"
    assert all(line.startswith(("wiki-digest: ", "try: ")) for line in told), told


def test_a_second_signal_cuts_requests_under_way(capfd: pytest.CaptureFixture[str]) -> None:
    with Server(*SLOW) as server, under_way(server.address, UNDER_WAY) as streams:
        server.stop(signal.SIGINT, signal.SIGTERM)
        assert server.process.returncode == 0
        with suppress(OSError, HTTPException):
            assert "event: digest" not in list(streams[-1])
    assert_only_the_command_tells(capfd)


def test_an_idle_server_stops_with_exit_code_0_and_removes_its_token() -> None:
    with Server() as server:
        file = token(server)
        assert file.exists()
        server.stop(signal.SIGTERM)
        assert server.process.returncode == 0
        assert not file.parent.exists()


def test_a_signal_to_all_processes_of_a_service_stops_it(capfd: pytest.CaptureFixture[str]) -> None:
    """As systemd sends it: Ray's processes end beside the command."""
    with Server() as server:
        processes = server.family()
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.terminate()
        assert server.process.wait(ASK_S) == 0
        assert left_running(processes, STOP_S) == []
    assert capfd.readouterr().err.splitlines()[-1] == "wiki-digest: stopped"


@pytest.mark.parametrize("name", ["gcs_server", "raylet"])
def test_the_command_ends_with_a_sentence_when_a_process_of_ray_does(
    name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with Server(**NOTICED) as server:
        processes = server.family()
        (needed,) = (one for one in processes if one.name() == name)
        needed.kill()
        assert server.process.wait(ASK_S) == 1
        assert left_running(processes, STOP_S) == []
    assert capfd.readouterr().err.splitlines()[-1].startswith("wiki-digest: Ray has ended")
