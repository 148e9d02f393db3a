import json
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace as Object
from typing import Any

import pytest
from kubernetes.client import ApiClient, Configuration, CoreV1Api
from kubernetes.client.exceptions import ApiException

from app.shell.fill_secret import REQUEST_S, fill
from tests.support.http_server import HttpServer, Request

PATH = "/api/v1/namespaces/n/secrets/redis"


class SecretServer(HttpServer):
    """An API server with one Secret, whose version is `version`."""

    def __init__(self, data: dict[str, str], version: str) -> None:
        super().__init__()
        self.data = data
        self._version = version

    def answer(self, request: Request) -> None:
        """Read or merge, as the API server does."""
        metadata = {"name": "redis", "resourceVersion": "1"}
        status = self._merge(request) if request.command == "PATCH" else self._read(request)
        text = json.dumps({"metadata": metadata, "data": self.data or None})
        request.send(status, text.encode(), **{"Content-Type": "application/json"})

    def _read(self, request: Request) -> int:
        return 200 if request.path == PATH else 404

    def _merge(self, request: Request) -> int:
        kind = request.headers["Content-Type"]
        body = json.loads(request.body())
        assert kind in {"application/merge-patch+json", "application/strategic-merge-patch+json"}
        if body["metadata"]["resourceVersion"] != self._version:
            return 409
        self.data |= body["data"]
        return 200


@contextmanager
def secret(data: dict[str, str], version: str = "1") -> Iterator[tuple[CoreV1Api, dict[str, str]]]:
    """An API server with this Secret: a client of it, and its data."""
    with (
        SecretServer(data, version) as server,
        ApiClient(Configuration(host=server.address)) as client,
    ):
        yield CoreV1Api(client), server.data


def test_an_empty_secret_gets_a_password_that_cannot_be_guessed() -> None:
    made = []
    for _ in range(2):
        with secret({}) as (api, data):
            assert fill(api, "n", "redis", "password")
            made.append(b64decode(data["password"]))
    assert made[0] != made[1]
    assert min(map(len, made)) >= 48


@pytest.mark.parametrize("data", [{"password": "b2xk"}, {"password": "b2xk", "other": "eA=="}])
def test_a_password_is_kept(data: dict[str, str]) -> None:
    with secret(dict(data)) as (api, held):
        assert not fill(api, "n", "redis", "password")
        assert held == data


def test_other_keys_are_kept() -> None:
    with secret({"other": "eA=="}) as (api, held):
        assert fill(api, "n", "redis", "password")
        assert held.keys() == {"other", "password"}


def test_of_two_that_fill_it_the_second_fails() -> None:
    """Its pod then runs it again, and it finds the password of the first."""
    with secret({}, version="2") as (api, held), pytest.raises(ApiException, match="409"):
        fill(api, "n", "redis", "password")
    assert held == {}


class Timed:
    """Notes the time that each request to the API server may take."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def read_namespaced_secret(self, *_: object, _request_timeout: float) -> Any:
        self.seconds.append(_request_timeout)
        return Object(data=None, metadata=Object(resource_version="1"))

    def patch_namespaced_secret(self, *_: object, _request_timeout: float) -> None:
        self.seconds.append(_request_timeout)


def test_no_request_waits_for_ever() -> None:
    api = Timed()
    assert fill(api, "n", "redis", "password")
    assert api.seconds == [REQUEST_S, REQUEST_S]


def test_there_is_no_secret() -> None:
    with secret({}) as (api, _), pytest.raises(ApiException, match="404"):
        fill(api, "n", "none", "password")
