import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.core.errors import ShellError
from app.shell.kube import Kubernetes
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
TOOK = WARNS | {"type": "Normal", "lastTimestamp": None}
TOOK["metadata"] = {"name": "t", "creationTimestamp": "2026-11-24T07:15:39Z"}
ANSWERS: dict[str, tuple[int, Any]] = {
    "/apis/ray.io/v1/namespaces/n/rayservices/r": (200, SERVICE),
    "/apis/ray.io/v1/namespaces/n/rayservices/secret": (403, {"message": "not you"}),
    "/api/v1/namespaces/n/pods": (200, {"items": [POD]}),
    "/api/v1/namespaces/n/events": (200, {"items": []}),
    "/api/v1/namespaces/mute/pods": (200, {"items": [POD]}),
    "/api/v1/namespaces/mute/events": (403, {"message": "not you"}),
}


class ApiServer(BaseHTTPRequestHandler):
    """Answers as Kubernetes does."""

    def do_GET(self) -> None:
        status, body = ANSWERS.get(self.path.partition("?")[0], (404, {"message": "none"}))
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def known(monkeypatch: pytest.MonkeyPatch, folder: Path, port: int) -> None:
    """Make the server at that port the one of the kubeconfig."""
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
    """A cluster that is known, and answers."""
    with ThreadingHTTPServer(("127.0.0.1", 0), ApiServer) as server:
        threading.Thread(target=server.serve_forever).start()
        known(monkeypatch, tmp_path, server.server_port)
        yield
        server.shutdown()


@pytest.mark.usefixtures("cluster")
def test_the_service_is_what_kubernetes_has() -> None:
    """As it is."""
    assert Kubernetes("n", "r").service() == SERVICE


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize("namespace", ["n", "mute"])
def test_what_pods_wait_for_is_said_once(namespace: str) -> None:
    """However many of them wait for it, and where events may not be seen."""
    assert Kubernetes(namespace, "r").pod_problems(["a", "b"]) == ["p waits, ErrImagePull: no"]


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize(
    ("events", "said"),
    [
        ([WARNS], ["KubeRay warns, FailedToUpdate: 400 Bad Request, err: no"]),
        ([WARNS, TOOK], []),
        ([WARNS | {"count": 1}], []),
        ([], []),
    ],
)
def test_a_warning_counts_until_something_better_is_told(
    monkeypatch: pytest.MonkeyPatch, events: list[dict[str, Any]], said: list[str]
) -> None:
    """And from its second time on."""
    monkeypatch.setitem(ANSWERS, "/api/v1/namespaces/n/events", (200, {"items": events}))
    assert Kubernetes("n", "r").pod_problems([]) == said


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("other", "there is no RayService other in namespace n"),
        ("secret", r"the cluster refuses to say \(HTTP status 403\): not you"),
    ],
)
def test_what_cannot_be_seen_is_a_sentence(name: str, said: str) -> None:
    """Without a traceback of the client."""
    with pytest.raises(ShellError, match=said):
        Kubernetes("n", name).service()


@pytest.mark.usefixtures("cluster")
def test_a_service_that_leads_nowhere_yet_is_a_problem() -> None:
    """One that may pass."""
    problem = Kubernetes("n", "r").ask("ada").problem
    assert problem
    assert problem.title.startswith("not reached")


def test_a_cluster_that_does_not_answer_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nobody listens there."""
    known(monkeypatch, tmp_path, free_port())
    with pytest.raises(ShellError, match="the cluster cannot be reached"):
        Kubernetes("n", "r").service()


def test_without_a_cluster_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """There is no kubeconfig."""
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    with pytest.raises(ShellError, match="no cluster is known"):
        Kubernetes("n", "r")
