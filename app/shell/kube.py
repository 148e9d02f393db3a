"""Access to Kubernetes for the commands: by the kubeconfig, or from a pod of the cluster."""

import http.client
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from pydantic import ValidationError

from app.api.about import Status
from app.api.schemas import Item
from app.core.errors import ShellError, Unreached
from app.shell.answer import failed, parse
from app.shell.ask_client import authorization, key_refused
from app.shell.kube_client import configured, message_of
from app.shell.observation import active, clusters, is_incremental, untold
from app.shell.pod_problems import CLUSTER, KIND, pod_problems, unreached, warning

REQUEST_S = 10
"""Timeout of a request to the API server, in seconds."""
ANSWER_S = 60.0
"""Timeout of a digest, in seconds."""
PORT = 8000
"""Serve's port in a pod and of the service."""
METRICS_PORT = 8080
WORKER = "worker"
"""The kind of the pods where replicas run."""


class Kubernetes:
    """The RayService `name` in `namespace`, which is asked with an API key if there is one.

    Raises:
        ShellError: the extra `k8s` is not installed, or no cluster is configured.
    """

    def __init__(self, namespace: str, name: str, key: str | None = None) -> None:
        self._headers = authorization(key)
        self._client, self._in_cluster = configured()
        self._namespace = namespace
        self._name = name

    def service(self) -> dict[str, Any]:
        """The RayService as Kubernetes returns it.

        Raises:
            ShellError: there is none, or access is denied.
        """
        with self._translated_errors():
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

    def entry(self) -> str:
        """The name of the Service before its workers; in steps, there is one for each cluster.

        Raises:
            Unreached, ShellError: as `service`.
        """
        service = self.service()
        return _serve_service(active(service) if is_incremental(service) else self._name)

    def pod_problems(self, service: dict[str, Any]) -> list[str]:
        """Why its pods do not start or are not reached, and KubeRay's warnings; a sentence each."""
        pods = self._pods(clusters(service))
        found = sorted({problem for pod in pods for problem in pod_problems(pod)})
        found += unreached(pods, untold(service), datetime.now(UTC))
        return list(dict.fromkeys([*found, *warning(self._events())]))

    def ask(self, term: str) -> Item:
        """The item of a term.

        Raises:
            ShellError: the key is not valid, or one is needed.
        """
        try:
            status, body = self._get(f"/v1/digest?{urlencode({'term': term})}")
        except ConnectionError as error:
            return failed(term, http.client.BAD_GATEWAY, f"not reached: {error}")
        return parse(term, status, body)

    def status(self) -> Status:
        """What the release says of itself.

        Raises:
            ShellError: it cannot be reached, or has no status; the key is not valid.
        """
        try:
            status, body = self._get("/v1/status")
        except ConnectionError as error:
            raise ShellError(f"{self._name} in {self._namespace} is not reached: {error}") from None
        try:
            return Status.model_validate_json(body)
        except ValidationError:
            raise ShellError(f"{self._name} answered with HTTP status {status}") from None

    def metrics(self, cluster: str) -> list[str]:
        """The metrics of each worker of a Ray cluster that answers, as Prometheus reads them.

        Raises:
            ShellError: access to pods is denied.
            Unreached: Kubernetes did not answer.
        """
        workers = [pod for pod in self._pods([cluster]) if pod.metadata.labels.get(KIND) == WORKER]
        texts = []
        for pod in workers:
            with suppress(ConnectionError):
                opened = self._forwarded(pod.metadata.name, METRICS_PORT)
                texts.append(self._read(opened, "/metrics")[1].decode())
        return texts

    def redirect(self, cluster: str, to: str) -> None:
        """Let the Service of one Ray cluster, in steps, select the pods of another.

        KubeRay makes it with the cluster, and does not change it.

        Raises:
            ShellError: access is denied.
            Unreached: Kubernetes did not answer.
        """
        with self._translated_errors():
            self._client.CoreV1Api().patch_namespaced_service(
                _serve_service(cluster),
                self._namespace,
                {"spec": {"selector": {CLUSTER: to}}},
                _request_timeout=REQUEST_S,
            )

    def _get(self, path: str) -> tuple[int, bytes]:
        """The status and body of an answer: of the service, or from outside of one of its pods.

        Port forwarding needs no ingress, and no NetworkPolicy blocks it.

        Raises:
            ConnectionError: there is no answer.
            ShellError: the key is not valid, or one is needed.
        """
        status, body = self._read(self._connection(), path)
        if status == http.client.UNAUTHORIZED:
            raise key_refused(self._name)
        return status, body

    def _read(
        self, opened: AbstractContextManager[http.client.HTTPConnection], path: str
    ) -> tuple[int, bytes]:
        """The status and body of an answer over a connection.

        Raises:
            ConnectionError: there is no answer.
        """
        from urllib3.exceptions import HTTPError  # noqa: PLC0415 - of the extra

        try:
            with opened as connection:
                connection.request("GET", path, headers=self._headers)
                with connection.getresponse() as response:  # it may own the socket
                    return response.status, response.read()
        except self._client.ApiException as error:
            raise ConnectionError(message_of(error.body or error.reason)) from None
        except (OSError, http.client.HTTPException, HTTPError, Unreached) as error:
            raise ConnectionError(error) from None

    def _pod(self, name: str) -> str:
        """The name of a ready pod behind the Service of this name."""
        core = self._client.CoreV1Api()
        service = core.read_namespaced_service(name, self._namespace, _request_timeout=REQUEST_S)
        for pod in self._selected(service.spec.selector):
            if any(c.type == "Ready" and c.status == "True" for c in pod.status.conditions or ()):
                return str(pod.metadata.name)
        raise ConnectionError(f"{name} has no ready pod")

    def _selected(self, labels: dict[str, str]) -> list[Any]:
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        listed = self._client.CoreV1Api().list_namespaced_pod(
            self._namespace, label_selector=selector, _request_timeout=REQUEST_S
        )
        return list(listed.items)

    def _pods(self, clusters: list[str]) -> list[Any]:
        with self._translated_errors():
            return [pod for name in clusters for pod in self._selected({CLUSTER: name})]

    def _events(self) -> list[Any]:
        """The RayService's events; none if access is denied."""
        selector = f"involvedObject.kind=RayService,involvedObject.name={self._name}"
        core = self._client.CoreV1Api()
        with self._translated_errors(), suppress(self._client.ApiException):
            listed = core.list_namespaced_event(
                self._namespace, field_selector=selector, _request_timeout=REQUEST_S
            )
            return list(listed.items)
        return []

    @contextmanager
    def _connection(self) -> Iterator[http.client.HTTPConnection]:
        name = self.entry()
        if self._in_cluster:
            host = f"{name}.{self._namespace}"
            with closing(http.client.HTTPConnection(host, PORT, timeout=ANSWER_S)) as direct:
                yield direct
            return
        with self._forwarded(self._pod(name), PORT) as connection:
            yield connection

    @contextmanager
    def _forwarded(self, pod: str, port: int) -> Iterator[http.client.HTTPConnection]:
        """A connection to a port of a pod, through the API server."""
        from kubernetes.stream import portforward  # noqa: PLC0415 - of the extra

        forward = self._client.CoreV1Api().connect_get_namespaced_pod_portforward
        with (
            closing(portforward(forward, pod, self._namespace, ports=str(port))) as tunnel,
            closing(http.client.HTTPConnection("127.0.0.1", port)) as connection,
        ):
            connection.sock = tunnel.socket(port)
            connection.sock.settimeout(ANSWER_S)
            yield connection

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        """Errors of the API server become `ShellError`, or `Unreached`."""
        from urllib3.exceptions import HTTPError  # noqa: PLC0415 - of the extra

        try:
            yield
        except self._client.ApiException as error:
            raise ShellError(self._why(error.status, error.body)) from None
        except HTTPError as error:
            raise Unreached(f"the cluster cannot be reached: {error}") from None

    def _why(self, status: int, body: str) -> str:
        if status == http.client.NOT_FOUND:
            return f"there is no RayService {self._name} in namespace {self._namespace}"
        return f"Kubernetes refused the request (HTTP status {status}): {message_of(body)}"


def _serve_service(owner: str) -> str:
    """The name that KubeRay gives the Service of a RayService, or of a Ray cluster."""
    return f"{owner}-serve-svc"
