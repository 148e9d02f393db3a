"""Tells a Prometheus of the cluster's pods, as its own discovery in Kubernetes would.

Debian's package is built without that; it asks an HTTP server instead.
"""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from kubernetes import client

META = "__meta_kubernetes"


def known(label: str) -> str:
    """The name that Prometheus gives to a label or an annotation of Kubernetes."""
    return re.sub(r"\W", "_", label)


def targets(pods: list[Any]) -> Iterator[dict[str, Any]]:
    """Each port of each pod that has an address."""
    for pod in pods:
        for container in pod.spec.containers if pod.status.pod_ip else ():
            for port in container.ports or ():
                yield {
                    "targets": [f"{pod.status.pod_ip}:{port.container_port}"],
                    "labels": _labels(pod, container, port),
                }


def _labels(pod: Any, container: Any, port: Any) -> dict[str, str]:
    about = {
        "namespace": pod.metadata.namespace,
        "pod_name": pod.metadata.name,
        "pod_ip": pod.status.pod_ip,
        "pod_phase": pod.status.phase,
        "pod_container_name": container.name,
        "pod_container_port_name": port.name or "",
    }
    labels = {f"pod_label_{known(name)}": v for name, v in (pod.metadata.labels or {}).items()}
    notes = {f"pod_annotation_{known(n)}": v for n, v in (pod.metadata.annotations or {}).items()}
    return {f"{META}_{name}": value for name, value in (about | labels | notes).items()}


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        pods = client.CoreV1Api().list_pod_for_all_namespaces().items
        body = json.dumps([*targets(pods)]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def pods_at(host: str) -> Iterator[str]:
    """The address, on this host, of a server with all pods."""
    with ThreadingHTTPServer((host, 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://{host}:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
