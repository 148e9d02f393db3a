import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace as Object
from typing import Any

import pytest
import yaml

from app.core.errors import ShellError
from app.shell.kube import Kubernetes, parse, pod_problems
from devtools.server import free_port

SERVICE = {"metadata": {"generation": 1, "name": "r"}}
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
    "/apis/ray.io/v1/namespaces/n/rayservices/secret": (403, {"message": "not you"}),
    "/api/v1/namespaces/n/pods": (200, {"items": [POD]}),
    "/api/v1/namespaces/n/events": (200, {"items": []}),
    "/api/v1/namespaces/denied/pods": (200, {"items": [POD]}),
    "/api/v1/namespaces/denied/events": (403, {"message": "not you"}),
}


class ApiServer(BaseHTTPRequestHandler):
    """Answers from `ANSWERS`; 404 for other paths."""

    def do_GET(self) -> None:
        status, body = ANSWERS.get(self.path.partition("?")[0], (404, {"message": "none"}))
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def write_kubeconfig(monkeypatch: pytest.MonkeyPatch, folder: Path, port: int) -> None:
    """Point `KUBECONFIG` to a file with the server at `port`."""
    file = folder / "config"
    context = {"context": {"cluster": "c", "user": "u"}, "name": "x"}
    content = {
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "u", "user": {}}],
        "contexts": [context],
        "current-context": "x",
    }
    file.write_text(yaml.safe_dump(content), "utf-8")
    monkeypatch.setenv("KUBECONFIG", str(file))


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A server with `ANSWERS`, and its kubeconfig."""
    with ThreadingHTTPServer(("127.0.0.1", 0), ApiServer) as server:
        threading.Thread(target=server.serve_forever).start()
        write_kubeconfig(monkeypatch, tmp_path, server.server_port)
        yield
        server.shutdown()


@pytest.mark.usefixtures("cluster")
def test_the_service_is_what_kubernetes_returns() -> None:
    assert Kubernetes("n", "r").service() == SERVICE


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize("namespace", ["n", "denied"])
def test_a_problem_of_several_pods_is_listed_once_even_without_access_to_events(
    namespace: str,
) -> None:
    assert Kubernetes(namespace, "r").pod_problems(["a", "b"]) == ["p waits, ErrImagePull: no"]


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
    assert Kubernetes("n", "r").pod_problems([]) == expected


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


def test_an_unreachable_cluster_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_kubeconfig(monkeypatch, tmp_path, free_port())
    with pytest.raises(ShellError, match="the cluster cannot be reached"):
        Kubernetes("n", "r").service()


def test_a_missing_kubeconfig_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    with pytest.raises(ShellError, match="no cluster is configured"):
        Kubernetes("n", "r")


def test_a_pod_has_a_sentence_for_each_reason_it_does_not_start() -> None:
    containers = [
        Object(state=Object(waiting=Object(reason=reason, message="m")))
        for reason in ("ImagePullBackOff", "ContainerCreating")
    ]
    scheduled = Object(type="PodScheduled", status="False", message="0/3 nodes")
    status = Object(
        conditions=[scheduled], init_container_statuses=None, container_statuses=containers
    )
    pod = Object(metadata=Object(name="p"), status=status)
    assert list(pod_problems(pod)) == ["p has no node: 0/3 nodes", "p waits, ImagePullBackOff: m"]


@pytest.mark.parametrize(
    ("status", "body", "title"),
    [
        (
            404,
            b'{"type": "t", "title": "No pages found", "status": 404, "detail": "d"}',
            "No pages",
        ),
        (502, b"<html>", "the answer is not from wiki-digest"),
        (200, b"{}", "the answer is not from wiki-digest"),
    ],
)
def test_an_answer_that_is_no_digest_is_a_problem(status: int, body: bytes, title: str) -> None:
    problem = parse("ada", status, body).problem
    assert problem
    assert problem.title.startswith(title)
