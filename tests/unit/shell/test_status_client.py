import pytest

from app.api.about import Status
from app.core.errors import ShellError
from app.shell.status_client import status_of
from devtools.server import free_port
from tests.support.json_server import JsonServer

STATUS = Status(version="0.1.0", uptime_s=1, models=(), replicas=())


def test_the_status_of_a_server_is_read_with_the_key() -> None:
    with JsonServer(STATUS.model_dump_json()) as server:
        assert status_of(f"{server.address}/", "secret") == STATUS
    assert server.paths == ["/v1/status"]
    assert server.headers[0]["Authorization"] == "Bearer secret"


def test_a_server_that_wants_another_key_is_an_error() -> None:
    with JsonServer("{}", status=401) as server, pytest.raises(ShellError, match="--key"):
        status_of(server.address)


def test_a_server_without_a_status_is_an_error() -> None:
    expected = "answered with HTTP status 404"
    with JsonServer("<html>", status=404) as server, pytest.raises(ShellError, match=expected):
        status_of(server.address)


def test_an_unreachable_server_is_an_error() -> None:
    with pytest.raises(ShellError, match="cannot be reached: ConnectionError"):
        status_of(f"http://127.0.0.1:{free_port()}")
