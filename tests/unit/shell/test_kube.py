import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from app.api.about import Status
from app.core.errors import ShellError
from app.shell.ask_client import key_refused
from app.shell.kube import Kubernetes
from tests.support.http_server import HttpServer, Request

STATUS = Status(version="0.1.0", uptime_s=1, models=(), replicas=())
SERVICE = {"metadata": {"generation": 1, "name": "r"}}
IN_STEPS = SERVICE | {
    "spec": {"upgradeStrategy": {"type": "NewClusterWithIncrementalUpgrade"}},
    "status": {"activeServiceStatus": {"rayClusterName": "steps-abcde"}},
}
TWO = {"status": {f"{one}ServiceStatus": {"rayClusterName": one} for one in ("active", "pending")}}
WAITS = {"name": "ray-head", "state": {"waiting": {"reason": "ErrImagePull", "message": "no"}}}
POD = {
    "metadata": {"name": "p"},
    "status": {"containerStatuses": [WAITS | {"image": "", "imageID": "", "ready": False}]},
}
POD["status"]["containerStatuses"][0]["restartCount"] = 0  # type: ignore[index]
WARNS = {
    "metadata": {"name": "w", "creationTimestamp": "2026-11-24T07:00:00Z"},
    "involvedObject": {"kind": "RayService", "name": "r"},
    "lastTimestamp": "2026-11-24T07:15:38Z",
    "type": "Warning",
    "reason": "FailedToUpdate",
    "message": "It failed. If you see this often, look it up. err: 400 Bad Request, err: no",
    "count": 2,
}
ACCEPTS = WARNS | {"type": "Normal", "lastTimestamp": None}
ACCEPTS["metadata"] = {"name": "t", "creationTimestamp": "2026-11-24T07:15:39Z"}
ANSWERS: dict[str, tuple[int, Any]] = {
    "/apis/ray.io/v1/namespaces/n/rayservices/r": (200, SERVICE),
    "/apis/ray.io/v1/namespaces/n/rayservices/steps": (200, IN_STEPS),
    "/apis/ray.io/v1/namespaces/n/rayservices/secret": (403, {"message": "not you"}),
    "/api/v1/namespaces/n/pods": (200, {"items": [POD]}),
    "/api/v1/namespaces/n/events": (200, {"items": []}),
    "/api/v1/namespaces/denied/pods": (200, {"items": [POD]}),
    "/api/v1/namespaces/denied/events": (403, {"message": "not you"}),
    "/v1/digest": (401, {"title": "A key is needed"}),
}


class ApiServer(HttpServer):
    """Answers from `ANSWERS`; 404 for other paths."""

    def answer(self, request: Request) -> None:
        status, body = ANSWERS.get(request.path.partition("?")[0], (404, {"message": "none"}))
        request.send(status, json.dumps(body).encode(), **{"Content-Type": "application/json"})


class WithoutPods(Kubernetes):
    """Asks the API server in place of a pod."""

    @contextmanager
    def _forwarded(self, pod: str, port: int) -> Iterator[HTTPConnection]:
        if pod not in {"p", str(port)}:
            raise ConnectionError(f"{pod} has gone")
        with self._connection() as connection:
            yield connection

    @contextmanager
    def _connection(self) -> Iterator[HTTPConnection]:
        address = urlsplit(self._client.Configuration.get_default_copy().host)
        with closing(HTTPConnection(address.netloc)) as connection:
            yield connection


def write_kubeconfig(monkeypatch: pytest.MonkeyPatch, folder: Path, address: str) -> None:
    """Point `KUBECONFIG` to a file with the server at `address`."""
    file = folder / "config"
    context = {"context": {"cluster": "c", "user": "u"}, "name": "x"}
    content = {
        "clusters": [{"name": "c", "cluster": {"server": address}}],
        "users": [{"name": "u", "user": {}}],
        "contexts": [context],
        "current-context": "x",
    }
    file.write_text(yaml.safe_dump(content), "utf-8")
    monkeypatch.setenv("KUBECONFIG", str(file))


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A server with `ANSWERS`, and its kubeconfig."""
    with ApiServer() as server:
        write_kubeconfig(monkeypatch, tmp_path, server.address)
        yield


@pytest.mark.usefixtures("cluster")
def test_the_service_is_what_kubernetes_returns() -> None:
    assert Kubernetes("n", "r").service() == SERVICE


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize(
    ("name", "entry"), [("r", "r-serve-svc"), ("steps", "steps-abcde-serve-svc")]
)
def test_it_is_asked_at_the_service_that_kuberay_makes(name: str, entry: str) -> None:
    assert Kubernetes("n", name).entry() == entry


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize("namespace", ["n", "denied"])
def test_a_problem_of_several_pods_is_listed_once_even_without_access_to_events(
    namespace: str,
) -> None:
    assert Kubernetes(namespace, "r").pod_problems(TWO) == ["p waits, ErrImagePull: no"]


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize(
    ("cause", "times"),
    [
        ("dial tcp 10.0.0.1:8265: i/o timeout", 1),
        ("context deadline exceeded (Client.Timeout exceeded while awaiting headers)", 1),
        ("dial tcp 10.0.0.1:8265: connect: connection refused", 0),
        ("400 Bad Request", 0),
    ],
)
def test_an_operator_that_a_policy_keeps_from_the_head_is_named(
    monkeypatch: pytest.MonkeyPatch, cause: str, times: int
) -> None:
    """A policy drops packets; a head that has not started refuses the connection."""
    event = WARNS | {"message": f"It failed. err: Put a: {cause}"}
    monkeypatch.setitem(ANSWERS, "/api/v1/namespaces/n/events", (200, {"items": [event]}))
    said = Kubernetes("n", "r").pod_problems(SERVICE)
    assert sum("operator.podSelector" in problem for problem in said) == times


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize(("told", "times"), [({}, 1), ({"wiki-digest": {}}, 0)])
def test_an_operator_that_tells_nothing_of_a_ready_head_is_named(
    monkeypatch: pytest.MonkeyPatch, told: dict[str, object], times: int
) -> None:
    labels = {"ray.io/node-type": "head", "ray.io/cluster": "active"}
    ready = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-24T07:00:00Z"}
    head = {"metadata": {"name": "h", "labels": labels}, "status": {"conditions": [ready]}}
    monkeypatch.setitem(ANSWERS, "/api/v1/namespaces/n/pods", (200, {"items": [head]}))
    part = {"rayClusterName": "active", "applicationStatuses": told}
    said = Kubernetes("n", "r").pod_problems({"status": {"activeServiceStatus": part}})
    assert sum("operator.podSelector" in problem for problem in said) == times


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([WARNS], ["KubeRay warns, FailedToUpdate: 400 Bad Request, err: no"]),
        ([WARNS, ACCEPTS], []),
        ([WARNS | {"count": 1}], []),
        ([], []),
    ],
)
def test_a_repeated_warning_counts_until_a_later_normal_event(
    monkeypatch: pytest.MonkeyPatch, events: list[dict[str, Any]], expected: list[str]
) -> None:
    monkeypatch.setitem(ANSWERS, "/api/v1/namespaces/n/events", (200, {"items": events}))
    assert Kubernetes("n", "r").pod_problems(SERVICE) == expected


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("other", "there is no RayService other in namespace n"),
        ("secret", r"Kubernetes refused the request \(HTTP status 403\): not you"),
    ],
)
def test_a_missing_or_forbidden_service_is_an_error(name: str, message: str) -> None:
    with pytest.raises(ShellError, match=message):
        Kubernetes("n", name).service()


@pytest.mark.usefixtures("cluster")
def test_a_service_that_does_not_exist_yet_is_a_problem() -> None:
    problem = Kubernetes("n", "r").ask("ada").problem
    assert problem
    assert problem.title.startswith("not reached")


@pytest.mark.usefixtures("cluster")
def test_a_refused_key_is_an_error_that_ends_the_wait() -> None:
    with pytest.raises(ShellError) as raised:
        WithoutPods("n", "r", "wrong").ask("ada")
    assert str(raised.value) == str(key_refused("r"))


@pytest.mark.usefixtures("cluster")
def test_the_status_of_a_release_is_that_of_a_pod(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ANSWERS, "/v1/status", (200, STATUS.model_dump(mode="json")))
    assert WithoutPods("n", "r").status() == STATUS


@pytest.mark.usefixtures("cluster")
def test_a_release_without_a_status_is_an_error() -> None:
    with pytest.raises(ShellError, match="r answered with HTTP status 404"):
        WithoutPods("n", "r").status()


@pytest.mark.usefixtures("cluster")
def test_the_status_of_a_release_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(ShellError, match="r in n is not reached: none"):
        Kubernetes("n", "r").status()


@pytest.mark.usefixtures("cluster")
def test_the_metrics_of_the_workers_that_answer_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = {"8080": "worker", "gone": "worker", "p": "head"}
    pods = [
        {"metadata": {"name": name, "labels": {"ray.io/node-type": kind}}}
        for name, kind in kinds.items()
    ]
    monkeypatch.setitem(ANSWERS, "/api/v1/namespaces/n/pods", (200, {"items": pods}))
    monkeypatch.setitem(ANSWERS, "/metrics", (200, "ray_a 1"))
    assert WithoutPods("n", "r").metrics("r-1") == ['"ray_a 1"']


def test_the_service_of_one_cluster_selects_the_pods_of_another(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sent: list[tuple[str, str, Any]] = []

    class Patched(HttpServer):
        def answer(self, request: Request) -> None:
            sent.append((request.command, request.path, json.loads(request.body())))
            request.send(200, b"{}", **{"Content-Type": "application/json"})

    with Patched() as server:
        write_kubeconfig(monkeypatch, tmp_path, server.address)
        Kubernetes("n", "r").redirect("r-2", "r-1")
    selected = {"spec": {"selector": {"ray.io/cluster": "r-1"}}}
    assert sent == [("PATCH", "/api/v1/namespaces/n/services/r-2-serve-svc", selected)]
