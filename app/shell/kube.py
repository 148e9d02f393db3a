"""The cluster that `wait` looks at: the one of the kubeconfig, or the one that this pod is in."""

import http.client
import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from pydantic import ValidationError

from app.api.schemas import Item, Problem
from app.core.errors import ShellError
from app.core.values import Digest

REQUEST_S = 10
"""Seconds for one request to the API server."""
ANSWER_S = 60.0
"""Seconds for a digest."""
PORT = 8000
_HARMLESS = {"ContainerCreating", "PodInitializing"}


class Kubernetes:
    """A RayService `name` in `namespace`, and who answers for it.

    Raises:
        ShellError: the extra `k8s` is not installed, or no cluster is known.
    """

    def __init__(self, namespace: str, name: str) -> None:
        self._client, self._inside = _client()
        self._namespace = namespace
        self._name = name

    def service(self) -> dict[str, Any]:
        """The RayService."""
        with self._explained():
            custom = self._client.CustomObjectsApi()
            found: dict[str, Any] = custom.get_namespaced_custom_object(
                "ray.io",
                "v1",
                self._namespace,
                "rayservices",
                self._name,
                _request_timeout=REQUEST_S,
            )
        return found

    def pod_problems(self, clusters: list[str]) -> list[str]:
        """What containers wait for, why a pod has no node, and what KubeRay warns of."""
        pods = {trouble for pod in self._pods(clusters) for trouble in pod_problems(pod)}
        return [*sorted(pods), *warning(self._events())]

    def ask(self, term: str) -> Item:
        """Ask through the service, or from outside a pod behind it, as `kubectl port-forward` does.

        NetworkPolicies do not stand in that way, nor need there be an ingress.
        """
        from urllib3.exceptions import HTTPError  # noqa: PLC0415 - comes with the extra

        faults = (OSError, http.client.HTTPException, HTTPError, self._client.ApiException)
        try:
            with self._connection() as connection:
                connection.request("GET", "/v1/digest?" + urlencode({"term": term}))
                response = connection.getresponse()
                return parse(term, response.status, response.read())
        except faults as error:
            return _unreached(term, http.client.BAD_GATEWAY, f"not reached: {error}")

    def _pod(self) -> str:
        """A pod that the service leads to."""
        name = f"{self._name}-serve-svc"
        core = self._client.CoreV1Api()
        service = core.read_namespaced_service(name, self._namespace, _request_timeout=REQUEST_S)
        for pod in self._selected(service.spec.selector):
            if any(c.type == "Ready" and c.status == "True" for c in pod.status.conditions or ()):
                return str(pod.metadata.name)
        raise ConnectionError(f"{name} leads to no pod")

    def _selected(self, labels: dict[str, str]) -> list[Any]:
        chosen = ",".join(f"{key}={value}" for key, value in labels.items())
        listed = self._client.CoreV1Api().list_namespaced_pod(
            self._namespace, label_selector=chosen, _request_timeout=REQUEST_S
        )
        return list(listed.items)

    def _pods(self, clusters: list[str]) -> list[Any]:
        with self._explained():
            return [pod for name in clusters for pod in self._selected({"ray.io/cluster": name})]

    def _events(self) -> list[Any]:
        """What was told of the RayService; nothing to who may not see that."""
        about = f"involvedObject.kind=RayService,involvedObject.name={self._name}"
        core = self._client.CoreV1Api()
        with self._explained(), suppress(self._client.ApiException):
            listed = core.list_namespaced_event(
                self._namespace, field_selector=about, _request_timeout=REQUEST_S
            )
            return list(listed.items)
        return []

    @contextmanager
    def _connection(self) -> Iterator[http.client.HTTPConnection]:
        name = f"{self._name}-serve-svc"
        if self._inside:
            with closing(
                http.client.HTTPConnection(f"{name}.{self._namespace}", PORT, timeout=ANSWER_S)
            ) as direct:
                yield direct
            return
        from kubernetes.stream import portforward  # noqa: PLC0415 - of the extra

        forward = self._client.CoreV1Api().connect_get_namespaced_pod_portforward
        with (
            closing(portforward(forward, self._pod(), self._namespace, ports=str(PORT))) as way,
            closing(http.client.HTTPConnection("127.0.0.1", PORT)) as connection,
        ):
            connection.sock = way.socket(PORT)
            connection.sock.settimeout(ANSWER_S)
            yield connection

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Errors of the API server as sentences."""
        from urllib3.exceptions import HTTPError  # noqa: PLC0415 - comes with the extra

        try:
            yield
        except self._client.ApiException as error:
            raise ShellError(self._why(error.status, error.body)) from None
        except HTTPError as error:
            raise ShellError(f"the cluster cannot be reached: {error}") from None

    def _why(self, status: int, body: str) -> str:
        if status == http.client.NOT_FOUND:
            return f"there is no RayService {self._name} in namespace {self._namespace}"
        return f"the cluster refuses to say (HTTP status {status}): {_message(body)}"


def _client() -> tuple[Any, bool]:
    """The client's module, and whether this is a pod of the cluster."""
    try:
        from kubernetes import client, config  # noqa: PLC0415 - of the extra, and slow to import
    except ImportError:
        raise ShellError("this needs the extra k8s: pip install 'wiki-digest[k8s]'") from None
    with suppress(config.ConfigException):
        config.load_incluster_config()
        return client, True
    try:
        config.load_kube_config(os.environ.get("KUBECONFIG"))
    except config.ConfigException as error:
        raise ShellError(f"no cluster is known: {error}") from None
    return client, False


def pod_problems(pod: Any) -> Iterator[str]:
    """Why a pod does not start, a sentence each; nothing where it does."""
    status = pod.status
    for condition in status.conditions or ():
        if condition.type == "PodScheduled" and condition.status == "False":
            yield f"{pod.metadata.name} has no node: {condition.message}"
    for container in [*(status.init_container_statuses or ()), *(status.container_statuses or ())]:
        waiting = container.state.waiting
        if waiting and waiting.reason not in _HARMLESS:
            yield f"{pod.metadata.name} waits, {waiting.reason}: {waiting.message}"


def warning(events: list[Any]) -> Iterator[str]:
    """The newest of the events, where that is a warning which was given more than once.

    KubeRay says so alone that Serve refuses its config, and by a normal event that Serve took it.
    One warning means little: its first try often comes before Serve can answer.
    """
    newest = max(events, key=_told_at, default=None)
    if newest and newest.type == "Warning" and (newest.count or 1) > 1:
        yield f"KubeRay warns, {newest.reason}: {newest.message.split(' err: ', 1)[-1]}"


def _told_at(event: Any) -> datetime:
    told: datetime = event.last_timestamp or event.metadata.creation_timestamp
    return told


def parse(term: str, status: int, body: bytes) -> Item:
    """What an answer says of a term."""
    kinds: tuple[Callable[[], Item], ...] = (
        lambda: Item(term=term, digest=Digest.model_validate_json(body)),
        lambda: Item(term=term, problem=Problem.model_validate_json(body)),
    )
    try:
        return kinds[status != http.client.OK]()
    except ValidationError:
        return _unreached(term, status, "no answer of wiki-digest's")


def _unreached(term: str, status: int, title: str) -> Item:
    problem = Problem(type="about:blank", title=title, status=max(status, 400), detail="")
    return Item(term=term, problem=problem)


def _message(body: str) -> str:
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return str(body)
