"""The ports of `wiki-digest serve`: where they listen, and who may call them."""

import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest
import requests

from app.serving.local_ray import TOKEN_PATH
from devtools.server import Server
from tests.support import needs
from tests.support.eventually import eventually

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="HAProxy is for Linux only")
grpc = needs.module("grpc")

WITHIN_S = 30.0
GCS = ("gcs_server", "/ray.rpc.NodeInfoGcsService/GetAllNodeInfo")
REPLICA = ("ray::ServeReplica", "/ray.serve.ASGIService/HandleRequest")
WORKER = ("ray::ServeReplica", "/ray.rpc.CoreWorkerService/GetCoreWorkerStats")


class Port(NamedTuple):
    """A listening socket of a process."""

    process: str
    address: str
    number: int

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches it."""
        found = ip_address(self.address)
        mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
        return (mapped or found).is_loopback


def opened_to_others(server: Server) -> list[Port]:
    """The ports that others reach; none before HAProxy, which Serve starts twice, has its own."""
    opened = [port for port in ports(server) if not port.is_loopback]
    owners = {port.process for port in opened if port.number == server.port}
    return opened if owners == {"haproxy"} else []


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server for other machines, started by a user who has switched off Ray's tokens."""
    given = Server(RAY_AUTH_MODE="disabled", RAY_AUTH_TOKEN="known")
    with given.at_host("0.0.0.0") as started:
        yield started


def ports(server: Server) -> Iterator[Port]:
    """All listening sockets of the server's processes."""
    for process in server.family():
        with suppress(psutil.NoSuchProcess):
            for found in process.net_connections("tcp"):
                if found.status == psutil.CONN_LISTEN:
                    yield Port(process.name(), found.laddr.ip, found.laddr.port)


def token(server: Server) -> Path:
    """The file of the token of Ray's own ports."""
    return Path(server.replicas("Digest")[0].environ()[TOKEN_PATH])


def statuses(server: Server, target: tuple[str, str], token: str) -> set[str]:
    """What the ports of a process answer to an empty call with this token."""
    process, method = target
    numbers = {port.number for port in ports(server) if port.process.startswith(process)}
    return {_status(number, method, token) for number in numbers} - {"UNAVAILABLE", "UNIMPLEMENTED"}


def _status(number: int, method: str, token: str) -> str:
    """The status; a port of HTTP is unavailable to gRPC."""
    metadata = [("authorization", f"Bearer {token}")] if token else []
    with grpc.insecure_channel(f"127.0.0.1:{number}") as channel:
        try:
            channel.unary_unary(method)(b"", timeout=60, metadata=metadata)
        except grpc.RpcError as error:
            return str(error.code().name)
    return "OK"


def test_only_http_and_the_calls_between_replicas_leave_the_loopback_interface(
    server: Server,
) -> None:
    """Serve opens one port for calls on all interfaces in each replica; see the README."""
    opened = eventually("HAProxy has the port", lambda: opened_to_others(server), WITHIN_S)
    others = [port.process for port in opened if port.number != server.port]
    assert 1 <= len(others) <= len(server.replicas("Digest"))
    assert all(name.startswith("ray::ServeReplica") for name in others), others
    assert requests.get(f"{server.address}/v1/models", timeout=30).ok


@pytest.mark.parametrize("target", [GCS, REPLICA, WORKER], ids=["GCS", "replica", "worker"])
@pytest.mark.parametrize("given", ["", "known"])
def test_a_call_without_the_token_of_the_run_is_refused(
    server: Server, target: tuple[str, str], given: str
) -> None:
    assert statuses(server, target, given) == {"UNAUTHENTICATED"}


@pytest.mark.parametrize("target", [GCS, REPLICA, WORKER], ids=["GCS", "replica", "worker"])
def test_a_call_with_the_token_of_the_run_is_not_refused(
    server: Server, target: tuple[str, str]
) -> None:
    """The empty call is none that a replica can read."""
    expected = {"UNKNOWN"} if target == REPLICA else {"OK"}
    assert statuses(server, target, token(server).read_text("ascii")) == expected


def test_the_token_is_for_this_user_only(server: Server) -> None:
    assert stat.S_IMODE(token(server).stat().st_mode) == 0o600
